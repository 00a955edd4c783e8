import { createInterface } from 'node:readline/promises';

/** Whether somebody can be asked. */
export const isAsking = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks on the terminal for yes, which Enter means, or no, which the end of input means. */
export async function agrees(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('no')));
  terminal.once('SIGINT', () => process.exit(130));
  const answer = await Promise.race([terminal.question(`${question} [Y/n] `), ended]);
  terminal.close();
  return /^(y(es)?)?$/i.test(answer.trim());
}

const ENTER = /[\r\n]/;
const [CTRL_C, CTRL_D, CTRL_U, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\u0015', '\b', '\u007f'];

/** Asks on the terminal for a line that is not shown. Ctrl-C ends the process; the terminal is as before in any case. */
export async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  let line = '';
  // Before the question: nothing that answers it may be echoed.
  stdin.setRawMode(true);
  try {
    stderr.write(question);
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const char of String(chunk)) {
        if (char === CTRL_C) {
          stdin.setRawMode(false);
          stderr.write('\n');
          process.exit(130);
        }
        if (ENTER.test(char) || (char === CTRL_D && line === '')) return line;
        if (char === BACKSPACE || char === DELETE) line = line.slice(0, -1);
        else if (char === CTRL_U) line = '';
        else if (char >= ' ') line += char;
      }
    }
    return line;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
