import { AppError } from '#server/kernel/app-error.ts';
import type { ListPage } from '#lib/contracts/resource.ts';

/** What a caller asks of a list. */
export interface PageRequest {
  limit: number;
  /** Opaque text of an earlier page; undefined for the first. */
  cursor?: string | undefined;
}

/** Makes the text that goes on after a key. It names its list, so that a cursor of another list is refused. */
export function encodeCursor(list: string, key: string): string {
  return Buffer.from(JSON.stringify([list, key])).toString('base64url');
}

/** @throws AppError `request.bad_cursor` for a text that this list never gave out */
export function decodeCursor(list: string, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const decoded = parseCursor(cursor);
  if (decoded?.list === list) return decoded.key;
  throw new AppError('request.bad_cursor', 'The cursor is damaged or belongs to another list. Start again without it.');
}

/** The id behind a cursor of a list that is ordered by numbers. */
export function decodeNumberCursor(list: string, cursor: string | undefined): number | null {
  const key = decodeCursor(list, cursor);
  return key === null ? null : Number(key);
}

/**
 * Cuts a page out of a whole list that is ordered by a unique key. Objects that come and go between two pages neither repeat nor hide others.
 */
export function pageOf<Item>(
  list: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { limit, cursor }: PageRequest,
): { items: Item[]; nextCursor: string | null } {
  const after = decodeCursor(list, cursor);
  const rest = after === null ? items : items.filter((item) => keyOf(item) > after);
  return closePage(list, rest, keyOf, limit);
}

/** Closes a page that was read with one item more than its limit. */
export function closePage<Item>(
  list: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  limit: number,
): { items: Item[]; nextCursor: string | null } {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const more = items.length > limit && last !== undefined;
  return { items: page, nextCursor: more ? encodeCursor(list, keyOf(last)) : null };
}

/** The page as the API answers it. */
export function presentPage<Item, Shown>(
  page: { items: Item[]; nextCursor: string | null },
  present: (item: Item) => Shown,
): ListPage<Shown> {
  return { items: page.items.map(present), next_cursor: page.nextCursor };
}

function parseCursor(cursor: string): { list: string; key: string } | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(value)) return null;
    const [list, key] = value as unknown[];
    return typeof list === 'string' && typeof key === 'string' ? { list, key } : null;
  } catch {
    // Not JSON: no cursor of ours.
    return null;
  }
}
