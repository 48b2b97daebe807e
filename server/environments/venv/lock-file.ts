import { AppError } from '#server/kernel/app-error.ts';
import { normalName } from '../python-requirements/requirement-line.ts';

/** One package of a lock file: the line with its version, and the hashes of its files. */
interface LockedEntry {
  name: string;
  version: string;
  /** The line without `\` at its end. */
  head: string;
  hashes: string[];
}

/** Names and versions of a lock file, in its order. Pure. */
export function lockedPackages(lock: string): { name: string; version: string }[] {
  return parseLock(lock).entries.map(({ name, version }) => ({ name, version }));
}

/**
 * Holds the solver to the hashes that somebody wrote beside a requirement: of the files of a version only those stay. Pure.
 * @throws AppError `deployment.build_failed` when the index has none of them
 */
export function keepAskedHashes(lock: string, requirements: readonly string[]): string {
  const asked = new Map(
    requirements.flatMap((line): [string, Set<string>][] => {
      const hashes = [...line.matchAll(/--hash[=\s]\s*(\S+)/g)].map(([, hash]) => hash ?? '');
      return hashes.length === 0 ? [] : [[normalName(/^[\w.-]+/.exec(line)?.[0] ?? ''), new Set(hashes)]];
    }),
  );
  if (asked.size === 0) return lock;
  const { options, entries } = parseLock(lock);
  const held = entries.map((entry) => holdTo(entry, asked.get(normalName(entry.name))));
  return [...options, ...held.map(formatEntry), ''].join('\n');
}

function holdTo(entry: LockedEntry, asked: ReadonlySet<string> | undefined): LockedEntry {
  if (asked === undefined) return entry;
  const hashes = entry.hashes.filter((hash) => asked.has(hash));
  if (hashes.length > 0) return { ...entry, hashes };
  throw new AppError(
    'deployment.build_failed',
    `${entry.name}==${entry.version}: no file of the package index has a hash that was asked for. Either the file was changed, or the hashes belong to another version.`,
  );
}

function parseLock(lock: string): { options: string[]; entries: LockedEntry[] } {
  const options: string[] = [];
  const entries: LockedEntry[] = [];
  for (const raw of lock.split('\n')) {
    const line = raw.replace(/\s*\\$/, '');
    const hash = /^\s+--hash=(\S+)$/.exec(line)?.[1];
    const head = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(?:==\s*([^\s;]+)|@\s*(\S+))/.exec(line);
    if (hash !== undefined) entries.at(-1)?.hashes.push(hash);
    else if (head !== null) {
      entries.push({ name: head[1] ?? '', version: head[2] ?? head[3] ?? '', head: line, hashes: [] });
    } else if (line.startsWith('--')) options.push(line);
  }
  return { options, entries };
}

function formatEntry({ head, hashes }: LockedEntry): string {
  return [head, ...hashes.map((hash) => `    --hash=${hash}`)].join(' \\\n');
}
