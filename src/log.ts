/** In rising order of severity; `silent` prints nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line as text, or as one JSON object. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type Log = Record<Exclude<LogLevel, 'silent'>, (message: string) => void>;

/** Writes redacted lines to standard error: standard output belongs to the protocol. */
export function createLog(
  level: LogLevel,
  redact: (text: string) => string,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const threshold = LOG_LEVELS.indexOf(level);
  const at = (name: Exclude<LogLevel, 'silent'>) => (message: string) => {
    if (LOG_LEVELS.indexOf(name) >= threshold) write(`runcomfy-image-mcp ${name}: ${redact(message)}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
