import { type DestinationStream, type Logger, pino } from 'pino';
import { LOG_FORMATS, type LogFormat, presenterOf } from './format.ts';
import { withoutSecrets } from './secrets.ts';

export type { Logger } from 'pino';
export { LOG_FORMATS, type LogFormat };

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  /** `json` unless told. */
  readonly format?: LogFormat;
  /** Of this program, where the format has a place for it. */
  readonly version?: string;
  readonly destination?: DestinationStream;
  /** Members that each line gets from where it is written, such as the trace that it belongs to. */
  readonly context?: () => object;
}

/**
 * A reader that is slow must not stop the server, which a write to a full pipe would: lines wait here, and beyond this
 * they are lost. What waits is written when the process ends by itself.
 */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024;

/** Lines on standard error, as standard output belongs to the program's own answers. They hold no secrets. */
export function createLog(level: LogLevel, options: LogOptions = {}): Logger {
  const { format = 'json', version = '', destination, context } = options;
  const present = presenterOf(format, version);
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => present(withoutSecrets(line)) },
      ...(context && { mixin: context }),
    },
    destination ?? pino.destination({ dest: 2, sync: false, maxLength: MAX_UNWRITTEN_BYTES }),
  );
}
