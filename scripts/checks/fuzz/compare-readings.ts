import type { Reading, ReadRequest } from './reading.ts';

/**
 * Two readings of the same octets that differ, where they part. `stricter`: we refuse what llhttp takes. `laxer`: llhttp refuses what we take. `earlier` and
 * `later`: we, or it, refuse where the other still waits. `waits`: one of the two has a request that the other still waits for. `persistence`: only one of
 * them goes on behind a request. `different`: both take a request and mean different things by it.
 */
export interface Disagreement {
  readonly verdict: 'stricter' | 'laxer' | 'earlier' | 'later' | 'waits' | 'persistence' | 'different';
  /** Our kind of fault, llhttp's code, or what differs. */
  readonly cause: string;
  /** Where the request starts that they part over. */
  readonly position: number;
}

const REFUSES = (ending: string): boolean => ending !== 'open' && ending !== 'closed';

/** @returns null where both read the same */
export function compareReadings(ours: Reading, theirs: Reading): Disagreement | null {
  let at = ours.position;
  const part = (verdict: Disagreement['verdict'], cause: string): Disagreement => ({
    verdict,
    cause,
    position: at,
  });
  const shared = Math.min(ours.requests.length, theirs.requests.length);
  for (let i = 0; i < shared; i += 1) {
    const [our, their] = [ours.requests[i] as ReadRequest, theirs.requests[i] as ReadRequest];
    at = our.start;
    const difference = differenceOf(our, their);
    if (difference !== null) return part(difference === 'persistent' ? 'persistence' : 'different', difference);
    if (our.complete && !their.complete) {
      return REFUSES(theirs.ending) ? part('laxer', theirs.ending) : part('waits', 'llhttp');
    }
    if (!our.complete && their.complete) {
      return REFUSES(ours.ending) ? part('stricter', ours.ending) : part('waits', 'we');
    }
  }
  at = ours.requests[shared]?.start ?? ours.position;
  if (theirs.requests.length > shared) {
    if (REFUSES(ours.ending)) return part('stricter', ours.ending);
    return ours.ending === 'closed' ? part('different', 'whether another request follows') : part('waits', 'we');
  }
  if (ours.requests.length > shared) {
    return REFUSES(theirs.ending) ? part('laxer', theirs.ending) : part('waits', 'llhttp');
  }
  return compareEndings(ours, theirs, part);
}

function compareEndings(
  ours: Reading,
  theirs: Reading,
  part: (verdict: Disagreement['verdict'], cause: string) => Disagreement,
): Disagreement | null {
  if (ours.ending === 'closed' || REFUSES(ours.ending) === REFUSES(theirs.ending)) return null;
  return REFUSES(ours.ending) ? part('earlier', ours.ending) : part('later', theirs.ending);
}

function differenceOf(our: ReadRequest, their: ReadRequest): string | null {
  for (const key of ['method', 'target', 'minorVersion', 'fields', 'persistent'] as const) {
    if (our[key] !== their[key]) return key;
  }
  if (!our.complete || !their.complete) return null;
  if (our.body !== their.body) return 'body';
  return our.trailers === their.trailers ? null : 'trailers';
}
