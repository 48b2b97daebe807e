import { pino, type Logger } from 'pino';

export type { Logger };

/** JSON lines on stderr, control characters escaped by the encoding; credentials are redacted by name. */
export function createLogger(process: string, level: string): Logger {
  return pino(
    {
      level,
      base: { process },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: ['*.password', '*.key_value', '*.authorization', 'headers.authorization', 'headers.cookie'],
        censor: '[redacted]',
      },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}
