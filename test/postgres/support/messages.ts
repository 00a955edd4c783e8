/** Splits what one side of a connection to Postgres says into its messages: a letter, a length, and the rest. */
export function createSplitter(begins: 'without a letter' | 'with a letter') {
  let rest: Buffer = Buffer.alloc(0);
  let hasLetter = begins === 'with a letter';
  return (chunk: Buffer): Buffer[] => {
    rest = Buffer.concat([rest, chunk]);
    const messages: Buffer[] = [];
    for (;;) {
      const from = hasLetter ? 1 : 0;
      if (rest.length < from + 4) return messages;
      const length = from + rest.readUInt32BE(from);
      if (rest.length < length) return messages;
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      hasLetter = true;
    }
  };
}

export const letterOf = (message: Buffer): string => String.fromCharCode(message[0] ?? 0);

/**
 * Loses the reply to one request of a connection: the reply is complete when the server says that it is ready again, as it
 * does once for the start, for each simple query and for each sync.
 */
export function createLoss(isMeant: (message: Buffer) => boolean) {
  const [split, splitReply] = [createSplitter('without a letter'), createSplitter('with a letter')];
  let asked = 0;
  let answered = 0;
  let lost: number | undefined;
  return {
    sent(chunk: Buffer): void {
      for (const message of split(chunk)) {
        if (lost === undefined && asked > 0 && isMeant(message)) lost = asked + 1;
        if (asked === 0 || 'QS'.includes(letterOf(message))) asked += 1;
      }
    },
    /** What may pass of a reply, and whether the reply that is lost has been given whole. */
    answered(chunk: Buffer): { passes: Buffer; isDone: boolean } {
      const passes: Buffer[] = [];
      for (const message of splitReply(chunk)) {
        const letter = letterOf(message);
        const isLost = answered + 1 === lost;
        // What describes a statement is asked for before it runs.
        if (!isLost || '1tTnNS'.includes(letter)) passes.push(message);
        if (letter === 'Z') answered += 1;
        if (letter === 'Z' && isLost) return { passes: Buffer.concat(passes), isDone: true };
      }
      return { passes: Buffer.concat(passes), isDone: false };
    },
  };
}
