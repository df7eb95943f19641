import { isatty } from 'node:tty';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config/schema.ts';
import { createLogSink, type LogSink } from './log-sink.ts';
import { formatReadableLine } from './readable-line.ts';

export type { Logger } from 'pino';

export type Log = {
  /** Messages are constant; what varies, and all that strangers sent, goes into fields. Never key material. */
  readonly logger: Logger;
  /** Lines with `"audit": true`; written whatever the level. */
  readonly audit: Logger;
  /** What `auto` turned out to be: for a child process whose stdout is ours. */
  readonly format: 'json' | 'pretty';
  readonly sink: LogSink;
};

/** Opens the log of a process on its standard output. `component` is in every line. */
export function createLog(
  options: Config['log'] & { readonly component: string; readonly fd?: number; readonly sink?: LogSink },
): Log {
  const fd = options.fd ?? 1;
  const format = options.format === 'auto' ? (isatty(fd) ? 'pretty' : 'json') : options.format;
  const sink = options.sink ?? createLogSink(fd);
  const colorize = isatty(fd) && !process.env.NO_COLOR;
  const pretty = { write: (line: string) => sink.write(formatReadableLine(line, colorize)) };
  const logger = pino(
    {
      level: options.level,
      base: { component: options.component },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    format === 'json' ? sink : pretty,
  );
  return { logger, audit: logger.child({ audit: true }, { level: 'info' }), format, sink };
}
