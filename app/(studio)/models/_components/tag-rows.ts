/** A tag while it is being edited. */
export interface TagRow {
  id: number;
  name: string;
  value: string;
}

export const rowsOf = (tags: Readonly<Record<string, string>>): TagRow[] =>
  Object.entries(tags).map(([name, value], id) => ({ id, name, value }));

/** Rows without a name are left out; of two with one name the later one counts. */
export const tagsOf = (rows: readonly TagRow[]): Record<string, string> =>
  Object.fromEntries(
    rows.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value.trim()]),
  );

export const newRowId = (rows: readonly TagRow[]): number => Math.max(-1, ...rows.map(({ id }) => id)) + 1;

/** The JSON merge patch (RFC 7396) from one set of tags to another: what is to go is named. */
export function tagsPatch(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
  const gone = Object.keys(before).filter((name) => !(name in after));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...after };
}
