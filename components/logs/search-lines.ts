import type { LogLine } from '#lib/contracts/deployment.ts';
import { plainText } from './console-text.ts';

/** Indexes of the lines that hold the text, letter case ignored. */
export function findMatches(lines: readonly Pick<LogLine, 'text'>[], search: string): number[] {
  const wanted = search.toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  for (const [index, { text }] of lines.entries())
    if (plainText(text).toLowerCase().includes(wanted)) found.push(index);
  return found;
}

/** The match to show next, going round at the ends; `current` need not be a match. */
export function stepMatch(matches: readonly number[], current: number | null, direction: 1 | -1): number | null {
  if (matches.length === 0) return null;
  if (current === null) return (direction === 1 ? matches[0] : matches.at(-1)) ?? null;
  const next = direction === 1 ? matches.find((at) => at > current) : matches.findLast((at) => at < current);
  return next ?? (direction === 1 ? matches[0] : matches.at(-1)) ?? null;
}

export interface MarkedPart {
  text: string;
  isMatch: boolean;
}

/** A text cut at the places where it holds the search. */
export function markMatches(text: string, search: string): MarkedPart[] {
  const wanted = search.toLowerCase();
  const lower = text.toLowerCase();
  // Lower-casing may change the length of rare letters; then positions would be off and nothing is marked.
  if (wanted === '' || lower.length !== text.length) return [{ text, isMatch: false }];
  const parts: MarkedPart[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), isMatch: false });
    from = at + wanted.length;
    parts.push({ text: text.slice(at, from), isMatch: true });
  }
  if (from < text.length) parts.push({ text: text.slice(from), isMatch: false });
  return parts;
}
