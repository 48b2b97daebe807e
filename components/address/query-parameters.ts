/** A typed parameter of the address; without a default its value is null where the address does not name it. */
export interface QueryParameter<T> {
  /** @returns null where the text is no such value */
  parse: (text: string) => T | null;
  format: (value: T) => string;
}

export interface DefaultedParameter<T> extends QueryParameter<T> {
  /** The value where the address names none; never written into the address. */
  fallback: T;
}

interface Defaultable<T> extends QueryParameter<T> {
  withDefault: (fallback: T) => DefaultedParameter<T>;
}

export type ValueOf<P> =
  P extends DefaultedParameter<infer T> ? T : P extends QueryParameter<infer T> ? T | null : never;

/** What is to be written: null takes a parameter out of the address. */
export type PatchOf<P> = P extends QueryParameter<infer T> ? T | null : never;

/** A parameter whatever its type is. */
export interface AnyParameter {
  parse: (text: string) => unknown;
  format: (value: never) => string;
}

export type Parameters = Readonly<Record<string, AnyParameter>>;

function parameter<T>(parse: QueryParameter<T>['parse'], format: QueryParameter<T>['format']): Defaultable<T> {
  return { parse, format, withDefault: (fallback) => ({ parse, format, fallback }) };
}

export const parseAsString = parameter<string>(
  (text) => text,
  (value) => value,
);

export const parseAsInteger = parameter<number>((text) => (/^-?\d{1,15}$/u.test(text) ? Number(text) : null), String);

export const parseAsBoolean = parameter<boolean>(
  (text) => (text === 'true' ? true : text === 'false' ? false : null),
  String,
);

/** Names without commas, separated by commas. */
export const parseAsNames = parameter<string[]>(
  (text) => text.split(',').filter((name) => name !== ''),
  (names) => names.join(','),
);

export function parseAsStringLiteral<const T extends string>(allowed: readonly T[]): Defaultable<T> {
  return parameter<T>(
    (text) => allowed.find((value) => value === text) ?? null,
    (value) => value,
  );
}

export function readParameter<P extends AnyParameter>(search: URLSearchParams, name: string, given: P): ValueOf<P> {
  const text = search.get(name);
  const value = text === null ? null : given.parse(text);
  return (value ?? ('fallback' in given ? given.fallback : null)) as ValueOf<P>;
}

/** @returns the search with the patch in it; what equals its default, and null, is left out; other parameters stay as they are */
export function patchSearch(search: string, parameters: Parameters, patch: Readonly<Record<string, unknown>>): string {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(patch)) {
    const given = parameters[name];
    if (!given || value === undefined) continue;
    const text = value === null ? null : given.format(value as never);
    const fallback = 'fallback' in given ? given.format(given.fallback as never) : null;
    if (text === null || text === fallback) next.delete(name);
    else next.set(name, text);
  }
  return next.toString();
}

/** A search for people: colons, commas and slashes need no escapes in it. */
export function readableSearch(search: string): string {
  return search.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');
}
