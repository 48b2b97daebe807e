import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { FieldError } from '#lib/contracts/problem.ts';

export interface AppErrorOptions {
  cause?: unknown;
  /** Machine-readable facts for the problem body; shown to the caller. */
  details?: Record<string, unknown>;
  errors?: readonly FieldError[];
  /** Seconds for `Retry-After`. */
  retryAfterSeconds?: number;
}

/** "Cannot continue": carries a catalogue code, the sentence for the caller, and the cause for the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
