import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import { AppError } from '#server/kernel/app-error.ts';
import type { ModelSource } from '#server/models/model-source.ts';
import type { ModelContext } from './model-context.ts';

/** What says at an address of its own that there is nothing there; in a body it is the field that is wrong. */
const NOT_THERE: ReadonlySet<ErrorCode> = new Set(['upload.not_found', 'model.not_found']);

/**
 * Finds the files behind a path that a body holds.
 * @param field JSON pointer of the path in that body
 * @throws AppError naming the field: `request.invalid` when nothing is there, else `model.path_not_allowed`, `upload.in_use`, …
 */
export async function openWrittenSource(
  { openSource }: Pick<ModelContext, 'openSource'>,
  path: string,
  field: string,
): Promise<ModelSource> {
  try {
    return await openSource(path);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    const { message } = cause;
    const code = NOT_THERE.has(cause.code) ? 'request.invalid' : cause.code;
    throw new AppError(code, message, { cause, errors: [{ path: field, message }] });
  }
}
