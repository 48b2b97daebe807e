/* What counts in comparisons of answers. Apart from the schemas, so that a worker of the gateway starts without loading those. */

/** In what the answer to a copy differs from the live one, the gravest first. A number differs when it is outside the endpoint's tolerance. */
export const DISAGREEMENTS = ['status', 'structure', 'label', 'number'] as const;
/** Why two answers could not be compared. */
export const NOT_COMPARED = ['no_answer', 'stream', 'encoded', 'too_large', 'not_json'] as const;
/** What came of the comparison of one live answer with the answer to its copy. */
export const COMPARISON_OUTCOMES = ['agreed', ...DISAGREEMENTS, ...NOT_COMPARED] as const;

/** Largest answer that is compared. */
export const MAX_COMPARED_BYTES = 64 * 1024;
/** As much of a body is kept of a pair that disagrees. */
export const MAX_EXCERPT_BYTES = 4 * 1024;
/** Pairs that are kept of each live deployment and mirror; the oldest go. */
export const KEPT_PAIRS = 200;

export type Disagreement = (typeof DISAGREEMENTS)[number];
export type NotCompared = (typeof NOT_COMPARED)[number];
export type ComparisonOutcomeKind = (typeof COMPARISON_OUTCOMES)[number];
