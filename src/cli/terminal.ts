import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

// A reader that has seen enough, such as head, ends a command without an error.
process.stdout.once('error', () => process.exit(0));

/** Prints a line on standard output. */
export function say(text = '', style?: Style): void {
  process.stdout.write(`${style ? paint(text, style) : text}\n`);
}

/** Colours a text if standard output is a terminal that wants colours. */
function paint(text: string, style: Style): string {
  return process.stdout.hasColors?.() && process.env.NO_COLOR === undefined ? styleText(style, text) : text;
}

const MARKS = { yes: 'green', no: 'red', warn: 'yellow', new: 'yellow', '?': 'yellow', '-': 'dim' } as const;

/** Prints a finding: `yes   account   balance $5`. */
export function row(mark: keyof typeof MARKS, name: string, text: string): void {
  say(`  ${paint(mark.padEnd(4), MARKS[mark])}  ${name.padEnd(8)}  ${text}`);
}

/** Such as "34.5 MB" or "2 GB". */
export function sizeText(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : ['kB', 1e3];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}
