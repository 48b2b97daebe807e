import { signatureRows } from '#components/deployments/detected-model.tsx';
import type { ModelVersion } from '#lib/contracts/model.ts';

export interface ComparedRow {
  name: string;
  /** Null where the version has none. */
  before: string | null;
  after: string | null;
}

export interface Comparison {
  signature: ComparedRow[];
  packages: ComparedRow[];
  metrics: ComparedRow[];
  files: ComparedRow[];
}

/** Two versions side by side, each part in the order of names, what differs and what does not. Pure. */
export function compareVersions(before: ModelVersion, after: ModelVersion): Comparison {
  const pair = (read: (version: ModelVersion) => Map<string, string>): ComparedRow[] =>
    merge(read(before), read(after));
  return {
    signature: pair(signatureOf),
    packages: pair(packagesOf),
    metrics: pair(({ detected }) => textsOf(detected.mlflow?.metrics ?? {})),
    files: pair(hashesOf),
  };
}

export function isChanged({ before, after }: ComparedRow): boolean {
  return before !== after;
}

function signatureOf({ detected }: ModelVersion): Map<string, string> {
  return new Map(
    signatureRows(detected).map(({ role, name, type, shape }) => {
      const [kind = '', note] = role.split(', ', 2);
      return [`${kind} ${name}`, [type, shape, ...(note === undefined ? [] : [note])].join(', ')];
    }),
  );
}

/** Pinned packages by name; what is no pin stands for itself. */
function packagesOf({ detected: { python } }: ModelVersion): Map<string, string> {
  if (!python) return new Map();
  const lines = [...python.requirements, ...python.conda_packages].map((line): [string, string] => {
    const match = /^([\w.-]+(?:\[[^\]]*\])?)\s*(.*)$/.exec(line);
    return match ? [match[1]!, match[2] || 'any'] : [line, ''];
  });
  return new Map([...(python.version === null ? [] : [['Python', python.version] as const]), ...lines]);
}

/** Files by their paths below the one folder that an archive holds, since it is called otherwise with every upload. */
function hashesOf({ files }: ModelVersion): Map<string, string> {
  const tops = new Set(files.map(({ path }) => path.slice(0, path.indexOf('/') + 1)));
  const [top = ''] = tops;
  const cut = tops.size === 1 ? top.length : 0;
  return new Map(files.map(({ path, sha256 }) => [path.slice(cut), sha256.slice(0, 12)]));
}

function textsOf(values: Readonly<Record<string, number>>): Map<string, string> {
  return new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function merge(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): ComparedRow[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }));
}
