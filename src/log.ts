import type { Clock } from './clock.ts';

/** In rising order of severity; `silent` prints nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line as text, or as one JSON object. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

type Level = Exclude<LogLevel, 'silent'>;

/** What a line says besides its message. The names are ours, the values may come from outside; undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type Log = Record<Level, (message: string, fields?: LogFields) => void>;

/** Makes a line without its end. */
export type LogLine = (level: Level, message: string, fields: LogFields) => string;

/** Writes redacted lines to standard error: standard output belongs to the protocol. */
export function createLog(
  level: LogLevel,
  redact: (text: string) => string,
  write: (line: string) => void = (line) => void process.stderr.write(line),
  line: LogLine = textLine,
): Log {
  const threshold = LOG_LEVELS.indexOf(level);
  const at =
    (name: Level) =>
    (message: string, fields: LogFields = {}) => {
      if (LOG_LEVELS.indexOf(name) < threshold) return;
      const told = shortened(fields, redact);
      write(`${line(name, redact(message), told)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log whose lines carry more fields. */
export function withFields(log: Log, fields: LogFields): Log {
  const at = (name: Level) => (message: string, own?: LogFields) => log[name](message, { ...fields, ...own });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** What makes the lines of a format. */
export const lineOf = (format: LogFormat, clock: Clock): LogLine =>
  format === 'text'
    ? textLine
    : (level, message, fields) =>
        escaped(JSON.stringify({ time: new Date(clock.now()).toISOString(), level, message, ...fields }));

const textLine: LogLine = (level, message, fields) => {
  const told = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : ` ${name}=${PLAIN.test(`${value}`) ? value : escaped(JSON.stringify(value))}`,
  );
  return `runcomfy-image-mcp ${level}: ${message.replace(INVISIBLE, ' ')}${told.join('')}`;
};

const PLAIN = /^[\w.:@/+-]+$/;
// Line breaks, terminal sequences, and what turns the direction of text around.
const INVISIBLE = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/** JSON without characters that a terminal or a reader of lines takes for something else. */
const escaped = (json: string): string =>
  json.replace(INVISIBLE, (run) =>
    run.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

// In characters. A key that a cut went through is not found any more, so a value is first cut beyond the longest key.
const MAX_VALUE = 128;
const MAX_READ = 8_192;

const shortened = (fields: LogFields, redact: (text: string) => string): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? redact(value.slice(0, MAX_READ)).slice(0, MAX_VALUE) : value,
    ]),
  );
