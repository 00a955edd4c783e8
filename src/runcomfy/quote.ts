/** Makes a function that takes the given keys, and anything that looks like a bearer token, out of a text. */
export function createRedactor(secrets: () => readonly string[]): (text: string) => string {
  return (text) => {
    let clean = text;
    for (const secret of secrets()) if (secret.length >= 4) clean = clean.replaceAll(secret, '[key]');
    return clean.replace(/\bBearer\s+(?!\[key\])[A-Za-z0-9._~+/=-]{8,}/gi, 'Bearer [key]');
  };
}

const LONGEST_QUOTE = 240;

/** A text from outside as one short line of data: no markup, no control characters, no line breaks, no quotes. */
export function quotable(text: string): string {
  const plain = /<(!doctype|html|head|body|title)\b/i.test(text)
    ? text.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
    : text;
  const line = plain
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replace(/"/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE - 1)}…` : line;
}
