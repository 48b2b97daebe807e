import { NO_REQUIREMENTS, refuseLine, type Place, type PythonRequirements } from './python-requirements.ts';
import { parseRequirementLine } from './requirement-line.ts';

export interface ParseOptions {
  /** What messages call the file. */
  file: string;
  /** Text of the files beside it by name, which `-r` may take in. */
  beside?: ReadonlyMap<string, string>;
}

/** A file that takes in others takes in itself sooner or later. */
const MAX_DEPTH = 5;

/**
 * Reads a requirements file: comments, continued lines, hashes, and `-r` of a file beside it. Where packages come from is a setting of the
 * installation, so options about indexes are not followed, and a note says so. Pure.
 * @throws AppError `request.invalid` naming the line
 */
export function parseRequirementsFile(text: string, options: ParseOptions, depth = 0): PythonRequirements {
  const parsed = logicalLines(text).map(({ line, text: written }) =>
    parseLine(written, { file: options.file, line }, options, depth),
  );
  return {
    ...NO_REQUIREMENTS,
    requirements: parsed.flatMap(({ requirements }) => requirements),
    notes: parsed.flatMap(({ notes }) => notes),
  };
}

/** Lines with `\` at their end joined, comments and empty ones left out; each with the number of its first. */
function logicalLines(text: string): { line: number; text: string }[] {
  const lines: { line: number; text: string }[] = [];
  let begun: { line: number; text: string } | null = null;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line: { line: number; text: string } = begun ?? { line: index + 1, text: '' };
    const continued = raw.endsWith('\\') && !/^\s*#/.test(raw);
    const piece = begun === null ? raw : raw.trimStart();
    line.text += continued ? `${piece.slice(0, -1).trimEnd()} ` : piece;
    begun = continued ? line : null;
    if (!continued) lines.push(line);
  }
  if (begun !== null) lines.push(begun);
  return lines
    .map(({ line, text: joined }) => ({ line, text: joined.replace(/(^|\s)#.*$/, '').trim() }))
    .filter(({ text: joined }) => joined !== '');
}

/** One line of a requirements file, or of a list `pip:` in a conda file. */
export function parseLine(
  written: string,
  place: Place,
  options: ParseOptions,
  depth = 0,
): Pick<PythonRequirements, 'requirements' | 'notes'> {
  if (written.includes('${')) {
    throw refuseLine(
      place,
      'Environment variables are not known where packages are installed.',
      'Write the value itself.',
    );
  }
  if (!written.startsWith('-')) return { requirements: [parseRequirementLine(written, place).text], notes: [] };
  const [option = '', value = ''] = splitOption(written);
  if (INDEX_OPTIONS.has(option)) return { requirements: [], notes: [sayIndex(option, place)] };
  if (option === '-r' || option === '--requirement') return takeIn(value, place, options, depth);
  if (option === '--only-binary' || option === '--no-binary') {
    return { requirements: [`${option}=${value}`], notes: [] };
  }
  const without = OPTIONS_WITHOUT_EFFECT[option];
  if (without !== undefined) {
    return { requirements: [], notes: without === '' ? [] : [`${sayPlace(place)}: ${option}: ${without}`] };
  }
  throw refuseLine(place, `The option ${option} cannot be used.`, REFUSED_OPTIONS[option] ?? 'Take the line out.');
}

const INDEX_OPTIONS = new Set([
  '-i',
  '--index-url',
  '--extra-index-url',
  '--no-index',
  '-f',
  '--find-links',
  '--trusted-host',
]);

/** Options that change nothing here, with what to know about it; empty where there is nothing to know. */
const OPTIONS_WITHOUT_EFFECT: Record<string, string> = {
  '--require-hashes': '',
  '--prefer-binary': '',
  '--pre': 'pre-releases are taken only for packages whose requirement names one, such as "torch>=2.0rc1".',
  '--use-feature': 'the option belongs to pip; packages are installed with uv.',
};

const EDITABLE = 'The code itself belongs into the code folder of the deployment, not into the environment.';
const CONSTRAINT = 'Put the versions on the lines of the packages themselves.';
const REFUSED_OPTIONS: Record<string, string> = {
  '-e': EDITABLE,
  '--editable': EDITABLE,
  '-c': CONSTRAINT,
  '--constraint': CONSTRAINT,
};

/** `--option=value`, `--option value`, `-ivalue`. */
function splitOption(written: string): [string, string] {
  const match = /^(--[\w-]+|-[A-Za-z])(?:\s*=\s*|\s+)?(.*)$/.exec(written);
  return match === null ? [written, ''] : [match[1] ?? '', (match[2] ?? '').trim()];
}

/** Says the option without its value: an address may hold a password. */
function sayIndex(option: string, place: Place): string {
  return `${sayPlace(place)}: ${option} is not followed. Packages come from the indexes that this installation was given (VIRIDIAN_PIP_INDEX_URL, VIRIDIAN_PIP_EXTRA_INDEX_URLS).`;
}

function sayPlace({ file, line }: Place): string {
  return `${file}, line ${line}`;
}

function takeIn(
  name: string,
  place: Place,
  { beside }: ParseOptions,
  depth: number,
): Pick<PythonRequirements, 'requirements' | 'notes'> {
  const path = name.replace(/^\.\//, '');
  const text = beside?.get(path);
  if (text === undefined) {
    throw refuseLine(place, `"-r ${name}" names a file that is not here.`, 'Put its lines in its place.');
  }
  if (depth >= MAX_DEPTH) {
    throw refuseLine(
      place,
      `"-r ${name}" goes round in circles, or deeper than ${MAX_DEPTH} files.`,
      'Put its lines in its place.',
    );
  }
  return parseRequirementsFile(text, { file: path, ...(beside && { beside }) }, depth + 1);
}
