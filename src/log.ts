/** Levels in rising order of importance; `silent` prints nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Log = Record<Exclude<LogLevel, 'silent'>, (message: string) => void>;

/**
 * A logger that writes lines to standard error: standard output belongs to the protocol.
 * `redact` is applied to every line before it is written, so that a key never reaches a log.
 */
export function createLog(
  level: LogLevel,
  redact: (text: string) => string,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const least = LOG_LEVELS.indexOf(level);
  const at = (name: Exclude<LogLevel, 'silent'>) => (message: string) => {
    if (LOG_LEVELS.indexOf(name) >= least) write(`runcomfy-image-mcp ${name}: ${redact(message)}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
