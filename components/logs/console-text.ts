/** A stretch of console text in one style. `tone` is a role of the theme, never a raw colour. */
export interface TextRun {
  text: string;
  tone: 'danger' | 'success' | 'warning' | 'accent' | 'muted' | null;
  strong: boolean;
}

const ESC = '\u001b';
/** CSI and OSC sequences, then single escapes: colours are read, everything else is dropped. */
// oxlint-disable-next-line no-control-regex -- escape sequences are control characters
const SEQUENCE = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]/g;
/** What has no picture and could reorder or hide text: C0, C1 and bidirectional controls. Tabs stay. */
// oxlint-disable-next-line no-control-regex -- see above
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const TONES: Record<number, TextRun['tone']> = {
  31: 'danger',
  32: 'success',
  33: 'warning',
  34: 'accent',
  36: 'accent',
  35: 'accent',
  90: 'muted',
  91: 'danger',
  92: 'success',
  93: 'warning',
  94: 'accent',
  95: 'accent',
  96: 'accent',
};

/** The line as a terminal would leave it: what stands after the last carriage return, without controls. */
export function plainText(line: string): string {
  return afterCarriageReturn(line).replace(SEQUENCE, '').replace(UNPRINTABLE, '');
}

/** The line in runs of one style, from ANSI colours mapped to roles. Whatever a program prints, only text comes out. */
export function parseConsoleText(line: string): TextRun[] {
  const text = afterCarriageReturn(line);
  if (!text.includes(ESC)) {
    const plain = text.replace(UNPRINTABLE, '');
    return plain === '' ? [] : [{ text: plain, tone: null, strong: false }];
  }
  const runs: TextRun[] = [];
  let style: Pick<TextRun, 'tone' | 'strong'> = { tone: null, strong: false };
  let from = 0;
  const push = (to: number): void => {
    const part = text.slice(from, to).replace(UNPRINTABLE, '');
    if (part !== '') runs.push({ text: part, ...style });
  };
  for (const match of text.matchAll(SEQUENCE)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[0].startsWith(`${ESC}[`) && match[0].endsWith('m')) style = applyStyle(style, match[0]);
  }
  push(text.length);
  return runs;
}

function applyStyle(style: Pick<TextRun, 'tone' | 'strong'>, sequence: string): Pick<TextRun, 'tone' | 'strong'> {
  let next = style;
  for (const code of sequence.slice(2, -1).split(/[;:]/).map(Number)) {
    if (code === 0) next = { tone: null, strong: false };
    else if (code === 1) next = { ...next, strong: true };
    else if (code === 22) next = { ...next, strong: false };
    else if (code === 39) next = { ...next, tone: null };
    else if (code in TONES) next = { ...next, tone: TONES[code] ?? null };
  }
  return next;
}

/** Progress bars redraw one line; a trailing return only waits for the next one. */
function afterCarriageReturn(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
}

/** Lines that somebody looks for first: what says error, and the last line of a Python traceback. */
export function isErrorLine(text: string): boolean {
  return /\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|^\s*(?:Traceback \(|[\w.]*(?:Error|Exception)\b\s*:)/.test(text);
}
