import type { ComparisonOutcomeKind, NotCompared } from '#lib/contracts/comparison-rules.ts';

/** An answer that has ended, as far as it was kept. */
export interface EndedAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** Why its body cannot be compared, or null. */
  readonly obstacle: Exclude<NotCompared, 'not_json'> | null;
}

export interface Verdict {
  readonly outcome: ComparisonOutcomeKind;
  /** JSON pointer (RFC 6901) to the first place that differs so. */
  readonly path: string;
  /** Largest relative difference of two numbers; null where none was compared. */
  readonly maxDifference: number | null;
}

/** Numbers closer than this are equal whatever their size: near zero a relative difference only measures the noise of floating point. */
const NOISE = 1e-9;

/**
 * Compares the answer to a copy with the live one: status, then structure, labels (strings and booleans) and numbers of the JSON. Pure.
 * @param relativeTolerance how far two numbers may be apart, as a share of the larger one
 */
export function compareAnswers(live: EndedAnswer, mirror: EndedAnswer, relativeTolerance: number): Verdict {
  const obstacle = live.obstacle ?? mirror.obstacle;
  if (live.obstacle === 'no_answer' || mirror.obstacle === 'no_answer') return told('no_answer');
  if (live.status !== mirror.status) return told('status');
  if (obstacle !== null) return told(obstacle);
  if (live.body.equals(mirror.body)) return told('agreed');
  const [a, b] = [parseJson(live.body), parseJson(mirror.body)];
  if (a === null || b === null) return told(a === b ? 'not_json' : 'structure');
  return compareJson(a.value, b.value, relativeTolerance);
}

function told(outcome: ComparisonOutcomeKind): Verdict {
  return { outcome, path: '', maxDifference: null };
}

function parseJson(body: Buffer): { value: unknown } | null {
  try {
    return { value: JSON.parse(body.toString('utf8')) };
  } catch {
    return null;
  }
}

/** Two values at one place of both documents. */
interface Place {
  readonly a: unknown;
  readonly b: unknown;
  readonly key: string;
  readonly parent: Place | null;
}

/** Without recursion: a document may be nested deeper than the stack. The first place of the gravest difference is told. */
function compareJson(a: unknown, b: unknown, relativeTolerance: number): Verdict {
  let label: Place | null = null;
  let number: Place | null = null;
  let maxDifference: number | null = null;
  const open: Place[] = [{ a, b, key: '', parent: null }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (typeof place.a === 'number' && typeof place.b === 'number') {
      const difference = relativeDifference(place.a, place.b);
      maxDifference = Math.max(maxDifference ?? 0, difference);
      if (difference > relativeTolerance) number ??= place;
    } else if (isContainer(place.a) && isContainer(place.b)) {
      if (!openBoth(place, place.a, place.b, open))
        return { outcome: 'structure', path: pointerTo(place), maxDifference };
    } else if (typeof place.a !== typeof place.b || isContainer(place.a) || isContainer(place.b)) {
      return { outcome: 'structure', path: pointerTo(place), maxDifference };
    } else if (place.a !== place.b) {
      label ??= place;
    }
  }
  if (label !== null) return { outcome: 'label', path: pointerTo(label), maxDifference };
  if (number !== null) return { outcome: 'number', path: pointerTo(number), maxDifference };
  return { outcome: 'agreed', path: '', maxDifference };
}

/** 0 for equal numbers, 2 for those that are each other's negative. */
function relativeDifference(a: number, b: number): number {
  if (a === b) return 0;
  const scale = Math.max(Math.abs(a), Math.abs(b));
  // Numbers beyond the range of a double are read as infinite.
  if (scale === Infinity) return a === -b ? 2 : 1;
  const difference = Math.abs(a / scale - b / scale);
  return difference * scale <= NOISE ? 0 : difference;
}

type Container = Readonly<Record<string, unknown>> | readonly unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** Puts the members of both on the stack, the first on top. @returns false when they do not have the same */
function openBoth(parent: Place, a: Container, b: Container, open: Place[]): boolean {
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length || !names.every((key) => Object.hasOwn(b, key))) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of names.toReversed()) open.push({ a: left[key], b: right[key], key, parent });
  return true;
}

function pointerTo(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.parent !== null; at = at.parent) keys.push(at.key);
  return keys
    .toReversed()
    .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
