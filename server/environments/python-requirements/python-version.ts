import { AppError } from '#server/kernel/app-error.ts';

/** Version of an interpreter: major, minor, patch. */
export type PythonVersion = readonly [number, number, number];

export interface PythonWish {
  /** As it was written. */
  text: string;
  /** Whether an interpreter will do. A wish for 3.11.7 is met by any 3.11: packages are the same for all of them. */
  accepts(version: PythonVersion): boolean;
  /** The minor release that is meant, or the oldest one of a range; null where any will do. */
  minor: readonly [number, number] | null;
  /** The exact release that was named, or null. */
  patch: string | null;
}

/** Reads `3.11.7` as a program says its version; null for what is none. Pure. */
export function parsePythonVersion(text: string): PythonVersion | null {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim());
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/**
 * Reads the version of Python that somebody asks for: `3.11`, `3.11.7`, `3.11.*`, `>=3.9,<3.12`. Null asks for nothing. Pure.
 * @throws AppError `request.invalid`
 */
export function parsePythonWish(text: string | null): PythonWish {
  const bare = text?.replaceAll(/\s+/g, '') ?? '';
  if (bare === '' || bare === '*' || bare === '3') return { text: bare, accepts: () => true, minor: null, patch: null };
  const plain = /^(?:={1,3})?(\d+)\.(\d+)(?:\.(\d+|\*))?$/.exec(bare);
  if (plain !== null) {
    const [major, minor] = [Number(plain[1]), Number(plain[2])];
    const patch = plain[3] === undefined || plain[3] === '*' ? null : `${major}.${minor}.${plain[3]}`;
    const accepts = (version: PythonVersion): boolean => version[0] === major && version[1] === minor;
    return { text: patch ?? `${major}.${minor}`, accepts, minor: [major, minor], patch };
  }
  const clauses = bare.split(',').filter((clause) => clause !== '');
  const tests = clauses.map((clause) => parseClause(clause, bare));
  const accepts = (version: PythonVersion): boolean => tests.every((test) => test(version));
  const lowest = /(?:>=|~=|>)(\d+)\.(\d+)/.exec(bare);
  return { text: bare, accepts, minor: lowest && [Number(lowest[1]), Number(lowest[2])], patch: null };
}

function parseClause(clause: string, whole: string): (version: PythonVersion) => boolean {
  const match = /^(~=|==|!=|<=|>=|<|>)(\d+(?:\.\d+){0,2})(\.\*)?$/.exec(clause);
  if (match === null) {
    throw new AppError(
      'request.invalid',
      `"${whole}" is no version of Python. Write for example "3.11", "3.11.7" or ">=3.9,<3.12".`,
    );
  }
  const [, operator, text = '', wildcard] = match;
  const bound = text.split('.').map(Number);
  const begins = (version: PythonVersion): boolean => bound.every((part, index) => version[index] === part);
  if (operator === '==') return begins;
  if (operator === '!=')
    return (version) => !(wildcard === undefined ? compare(version, bound) === 0 : begins(version));
  if (operator === '>=') return (version) => compare(version, bound) >= 0;
  if (operator === '<=') return (version) => compare(version, bound) <= 0;
  if (operator === '>') return (version) => compare(version, bound) > 0;
  if (operator === '<') return (version) => compare(version, bound) < 0;
  const stem = bound.slice(0, -1);
  return (version) => compare(version, bound) >= 0 && stem.every((part, index) => version[index] === part);
}

/** Missing parts count as 0, as PEP 440 has it. */
function compare(version: PythonVersion, bound: readonly number[]): number {
  for (const [index, part] of version.entries()) {
    const difference = part - (bound[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Minor releases of Python 3 that nearly every package has wheels for: taken before others where several will do. */
const USUAL_MINORS: ReadonlySet<number> = new Set([10, 11, 12, 13]);

/**
 * The best of what there is: one that will do, the exact release before others, the host's own order otherwise; else the nearest one. Of two
 * that are equally far the newer is taken, for it has more wheels. Pure.
 */
export function choosePython<Candidate extends { version: PythonVersion }>(
  wish: PythonWish,
  found: readonly Candidate[],
): { kind: 'match' | 'nearest'; python: Candidate } | { kind: 'none' } {
  const fitting = found.filter(({ version }) => wish.accepts(version));
  const exact = fitting.find(({ version }) => version.join('.') === wish.patch);
  const best = exact ?? fitting.toSorted((a, b) => preference(a.version) - preference(b.version))[0];
  if (best !== undefined) return { kind: 'match', python: best };
  const { minor } = wish;
  const nearest = found.toSorted(
    (a, b) => distance(a.version, minor) - distance(b.version, minor) || compare(b.version, [...a.version]),
  )[0];
  return nearest === undefined ? { kind: 'none' } : { kind: 'nearest', python: nearest };
}

function preference([major, minor]: PythonVersion): number {
  return major === 3 && USUAL_MINORS.has(minor) ? 0 : 1;
}

function distance([major, minor]: PythonVersion, wanted: readonly [number, number] | null): number {
  return wanted === null ? 0 : Math.abs(major - wanted[0]) * 100 + Math.abs(minor - wanted[1]);
}
