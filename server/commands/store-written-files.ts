import { AppError } from '#server/kernel/app-error.ts';
import type { EnvironmentContext } from './environment-context.ts';
import { openWrittenSource } from './open-written-source.ts';

/** How stored files are named in what is answered, and may be named in what is written. */
const SCHEME = 'files:';

const MOST_NAMES = 20;

export const formatStoredFiles = (id: string): string => SCHEME + id;

/** The hash behind `files:<hash>`. */
export const parseStoredFiles = (path: string): string => path.slice(SCHEME.length);

/**
 * Puts the files behind `upload:<id>` away for good; `files:<hash>` of an earlier answer stays what it is.
 * @param field JSON pointer of the path in the caller's body
 * @throws AppError naming the field
 */
export async function storeWrittenFiles(
  context: Pick<EnvironmentContext, 'storedFiles' | 'openSource' | 'uploads'>,
  path: string,
  field: string,
): Promise<string> {
  if (path.startsWith(SCHEME)) return findStored(context, path, field);
  if (!path.startsWith('upload:')) {
    throw refusal(field, 'must be "upload:<id>": upload the files first, with POST /uploads');
  }
  const stored = await context.storedFiles.store(await openWrittenSource(context, path, field));
  await context.uploads.markUsed(path.slice('upload:'.length));
  return stored.id;
}

async function findStored(
  { storedFiles }: Pick<EnvironmentContext, 'storedFiles'>,
  path: string,
  field: string,
): Promise<string> {
  const id = parseStoredFiles(path);
  if (await storedFiles.has(id)) return id;
  throw refusal(field, 'names files that are not stored here any more; upload them again and give "upload:<id>"');
}

/** @throws AppError naming the field and what there is, where a file is not among those that were uploaded */
export async function checkHolds(
  { storedFiles }: Pick<EnvironmentContext, 'storedFiles'>,
  id: string,
  wanted: string,
  field: string,
): Promise<void> {
  const paths = await storedFiles.list(id);
  if (paths.includes(wanted)) return;
  const shown = paths.slice(0, MOST_NAMES).join(', ');
  const more = paths.length > MOST_NAMES ? ` and ${paths.length - MOST_NAMES} more` : '';
  throw refusal(field, `names a file that was not uploaded; the upload holds ${shown}${more}`);
}

function refusal(path: string, message: string): AppError {
  return new AppError('request.invalid', `The field ${path.slice(1).replaceAll('/', '.')} ${message}.`, {
    errors: [{ path, message }],
  });
}
