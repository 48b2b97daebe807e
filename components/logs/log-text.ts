/** ECMA-48 control sequences: colours, cursor movements, titles and links. What a program says is text and never styles or links of ours. */
const CONTROL_SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
/** Other control characters and marks that turn the direction of text, which could make a line read as another. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A console line as plain text; of a progress line (`\r`) the last state. */
export function cleanLogText(text: string): string {
  const shown = text.split('\r').findLast((part) => part !== '') ?? '';
  return shown.replace(CONTROL_SEQUENCES, '').replace(HIDDEN, '\u{fffd}');
}

export interface TextPart {
  text: string;
  isMatch: boolean;
}

/** Cuts a text at every place where the search occurs, without regard to case. */
export function findMatches(text: string, search: string): TextPart[] {
  const parts: TextPart[] = [];
  const [haystack, needle] = [text.toLowerCase(), search.toLowerCase()];
  let from = 0;
  for (let at = haystack.indexOf(needle); at !== -1 && needle !== ''; at = haystack.indexOf(needle, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), isMatch: false });
    from = at + needle.length;
    parts.push({ text: text.slice(at, from), isMatch: true });
  }
  if (from < text.length) parts.push({ text: text.slice(from), isMatch: false });
  return parts;
}
