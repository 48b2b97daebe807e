import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, type Node, type ParsedNode } from 'yaml';
import { isRenamed, mapCondaPackage } from './conda-packages.ts';
import { parseLine, type ParseOptions } from './parse-requirements-file.ts';
import { NO_REQUIREMENTS, refuseLine, type Place, type PythonRequirements } from './python-requirements.ts';

/** What a virtual environment has by itself: listing it is usual, and says nothing. */
const INSTALLERS = new Set(['pip', 'uv']);

/**
 * Reads a conda environment (YAML text, or the object that YAML text means) as what pip and uv can install: its packages under the names of
 * their wheels, its `pip:` list, its version of Python. Pure.
 * @throws AppError `request.invalid` naming the line
 */
export function parseCondaFile(written: string | Record<string, unknown>, options: ParseOptions): PythonRequirements {
  const lines = new LineCounter();
  const text = typeof written === 'string' ? written : stringify(written);
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number | undefined): Place => ({
    file: options.file,
    line: lines.linePos(offset ?? 0).line,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    throw refuseLine(
      place(error.pos[0]),
      `This is no YAML: ${firstLine(error.message)}.`,
      'Mind the indentation and the quotes.',
    );
  }
  return join(
    listDependencies(document.contents, place).map((item) =>
      readDependency(item, (node) => place(node.range?.[0]), options),
    ),
  );
}

function listDependencies(root: ParsedNode | null, place: (offset: number | undefined) => Place): Node[] {
  if (root === null) return [];
  if (!isMap(root)) {
    throw refuseLine(place(root.range[0]), 'A conda environment is a mapping.', 'Begin with "dependencies:".');
  }
  const dependencies = root.get('dependencies', true) as Node | undefined;
  if (dependencies === undefined || (isScalar(dependencies) && dependencies.value === null)) return [];
  if (!isSeq<Node>(dependencies)) {
    throw refuseLine(place(dependencies.range?.[0]), '"dependencies" must be a list.', 'Begin each package with "- ".');
  }
  return dependencies.items;
}

function readDependency(item: Node, placeOf: (node: Node) => Place, options: ParseOptions): PythonRequirements {
  if (isScalar(item) && typeof item.value === 'string') return readCondaSpec(item.value, placeOf(item));
  const pip = isMap(item) && item.items.length === 1 ? (item.get('pip', true) as Node | undefined) : undefined;
  if (pip === undefined) {
    throw refuseLine(
      placeOf(item),
      'A dependency is a text such as "numpy=1.26", or one list "pip:".',
      'Write the package on a line of its own.',
    );
  }
  if (isScalar(pip) && pip.value === null) return NO_REQUIREMENTS;
  if (!isSeq<Node>(pip)) throw refuseLine(placeOf(pip), '"pip" must be a list.', 'Begin each package with "- ".');
  return join(
    pip.items.map((line) => {
      if (!isScalar(line) || typeof line.value !== 'string') {
        throw refuseLine(
          placeOf(line),
          'A line for pip is a text.',
          'Write one package, such as "scikit-learn==1.9.1".',
        );
      }
      return { ...NO_REQUIREMENTS, ...parseLine(line.value.trim(), placeOf(line), options) };
    }),
  );
}

/** Reads one package as conda writes it (`conda-forge::numpy>=1.26,<3`, `numpy=1.26=py311_0`) and says what stands in for it. Pure. */
export function readCondaSpec(written: string, place: Place): PythonRequirements {
  const { name, versions, build } = parseMatchSpec(written, place);
  const lower = name.toLowerCase();
  if (lower === 'python') return { ...NO_REQUIREMENTS, pythonVersion: versions === '' ? null : plainVersion(versions) };
  if (INSTALLERS.has(lower)) return NO_REQUIREMENTS;
  const mapping = mapCondaPackage(name);
  if (mapping.kind === 'docker_only') return { ...NO_REQUIREMENTS, unmapped: [written.trim()] };
  if (mapping.kind === 'carried') {
    return { ...NO_REQUIREMENTS, notes: [`${LEFT_OUT}${name}.`] };
  }
  const notes: string[] = [];
  if (isRenamed(name, mapping.name)) notes.push(`${name} of conda is installed as ${mapping.name}.`);
  if (build !== null) notes.push(`${name}: the build "${build}" of conda is not looked for among wheels.`);
  const pinned = mapping.versions === 'open' ? versions.replace(/^==(\d+(?:\.\d+)*)$/, '==$1.*') : versions;
  return { ...NO_REQUIREMENTS, requirements: [`${mapping.name}${pinned}`], notes };
}

interface MatchSpec {
  name: string;
  /** As pip writes them, `==1.26.*`; empty for any. */
  versions: string;
  build: string | null;
}

/** The match specification of conda: `channel::name version build`, with `=` in place of the blanks. */
function parseMatchSpec(written: string, place: Place): MatchSpec {
  const text = written.trim().replace(/^[^\s=<>!~]+::/, '');
  const bracket = /^([\w.-]+)\s*\[\s*version\s*=\s*['"]?([^'"\]]+)['"]?\s*\]$/.exec(text);
  const match = bracket ?? /^([\w.-]+)(?:\s*([=<>!~].*)|\s+(\S.*))?$/.exec(text);
  if (match === null) {
    throw refuseLine(
      place,
      `"${written}" is not a package of conda.`,
      'Write a name and versions, such as "numpy=1.26".',
    );
  }
  const name = match[1] ?? '';
  const rest = (match[2] ?? match[3] ?? '').trim();
  const [versionText, build] = splitBuild(rest);
  return { name, versions: pipVersions(versionText, place), build };
}

/** `=1.26=py311_0` and `1.26 py311_0` end in the name of a build. */
function splitBuild(rest: string): [string, string | null] {
  const match = /^(=?[^=<>!~,\s]+)(?:=|\s+)([\w*.]+)$/.exec(rest);
  return match === null ? [rest, null] : [match[1] ?? '', match[2] ?? null];
}

function pipVersions(text: string, place: Place): string {
  const bare = text.replaceAll(/\s+/g, '');
  if (bare === '' || bare === '*' || bare === '=*') return '';
  if (bare.includes('|')) {
    throw refuseLine(
      place,
      `Alternatives ("|" in "${text}") exist in conda only.`,
      'Write a range, such as ">=1.2,<2".',
    );
  }
  return bare
    .split(',')
    .filter((clause) => clause !== '' && clause !== '*')
    .map((clause) => pipClause(clause, place))
    .join(',');
}

/** One `=` of conda means "begins with". */
function pipClause(clause: string, place: Place): string {
  const match = /^(===|==|~=|!=|<=|>=|<|>|=)?([\w.!+*]+)$/.exec(clause);
  const [operator, version] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (version === '') {
    throw refuseLine(place, `"${clause}" is no version.`, 'Write for example "=1.26", "==1.26.4" or ">=1.26,<3".');
  }
  const stem = version.replace(/\.?\*$/, '');
  if (operator === '=') return /^\d+(?:\.\d+)*$/.test(stem) ? `==${stem}.*` : `==${version}`;
  if (operator === '' || operator === '==') return stem === version ? `==${version}` : `==${stem}.*`;
  if (operator === '!=') return stem === version ? clause : `!=${stem}.*`;
  // ">=1.2.*" is legal in conda and means ">=1.2"; pip refuses it.
  return `${operator}${stem}`;
}

/** `==3.11.*` is how people write 3.11. */
function plainVersion(versions: string): string {
  return /^==(\d+(?:\.\d+)*)(?:\.\*)?$/.exec(versions)?.[1] ?? versions;
}

export function join(parts: readonly PythonRequirements[]): PythonRequirements {
  const notes = parts.flatMap((part) => part.notes);
  return {
    pythonVersion: parts.map(({ pythonVersion }) => pythonVersion).find((version) => version !== null) ?? null,
    requirements: parts.flatMap(({ requirements }) => requirements),
    unmapped: parts.flatMap(({ unmapped }) => unmapped),
    notes: [...notes.filter((note) => !note.startsWith(LEFT_OUT)), ...sayLeftOut(notes)],
  };
}

/** An exported environment lists a hundred libraries: they get one sentence. */
const LEFT_OUT = 'Left out, because wheels carry what they need of them: ';

function sayLeftOut(notes: readonly string[]): string[] {
  const names = notes.filter((note) => note.startsWith(LEFT_OUT)).map((note) => note.slice(LEFT_OUT.length, -1));
  return names.length === 0
    ? []
    : [`${LEFT_OUT}${[...new Set(names.flatMap((list) => list.split(', ')))].join(', ')}.`];
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/[.:]$/, '').replace(/ at line \d+, column \d+$/, '');
}
