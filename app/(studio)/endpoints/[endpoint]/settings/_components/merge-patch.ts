type Json = Record<string, unknown>;

/**
 * The JSON merge patch (RFC 7396) that turns one object into the other: what is left out of a patch stays, so what is to go has to be named.
 * Null where nothing is to be left.
 */
export function patchTo(before: Json | null | undefined, after: Json | null): Json | null {
  if (after === null) return null;
  const gone = Object.keys(before ?? {}).filter((name) => !(name in after));
  const kept = Object.entries(after).map(([name, value]) => {
    const previous = before?.[name];
    return [name, isObject(value) && isObject(previous) ? patchTo(previous, value) : value];
  });
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...Object.fromEntries(kept) };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
