import { refuseLine, type Place } from './python-requirements.ts';

/** One requirement (PEP 508) as it was written. */
export interface RequirementLine {
  /** As written; `normalName` makes names comparable. */
  name: string;
  text: string;
}

const NAME = String.raw`[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?`;
const CLAUSE = String.raw`(?:===|~=|==|!=|<=|>=|<|>)\s*[\w.!+*-]+`;
const SPECIFIER = String.raw`${CLAUSE}(?:\s*,\s*${CLAUSE})*\s*,?`;
const REQUIREMENT = new RegExp(
  String.raw`^(?<name>${NAME})\s*(?:\[[\w\s.,-]*\])?\s*(?:@\s*(?<url>\S+)|\(\s*${SPECIFIER}\s*\)|${SPECIFIER})?\s*(?:;.*)?$`,
);
/** Tails that belong to the line and not to the requirement. */
const HASHES = /(?:\s+--hash[=\s]\s*\S+)+\s*$/;

/** Names are compared as pip does: case, `-`, `_` and `.` are one. Pure. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/**
 * Checks one requirement. Pure.
 * @throws AppError `request.invalid` where pip could not read it, or where it points into a file system that builds do not have
 */
export function parseRequirementLine(written: string, place: Place): RequirementLine {
  const text = written.trim();
  const bare = text.replace(HASHES, '');
  const pinned = /^([\w.-]+(?:\[[^\]]*\])?)\s*=\s*([\w.*]+)$/.exec(bare);
  if (pinned !== null) {
    throw refuseLine(place, `"${bare}" has one "=".`, `Write "${pinned[1]}==${pinned[2]}": pip pins with two.`);
  }
  if (isPath(bare)) {
    throw refuseLine(
      place,
      `"${bare}" names a file or folder, which is not there where the environment is built.`,
      'Name a package of the index, or give the https:// address of a wheel.',
    );
  }
  const match = REQUIREMENT.exec(bare) ?? direct(bare);
  if (match === null) {
    throw refuseLine(place, `"${bare}" is not a requirement.`, 'Write a name and versions, such as "numpy>=1.26,<3".');
  }
  return { name: match.groups?.['name'] ?? bare, text };
}

/** `git+https://…` and `https://…/x.whl` without a name in front are what pip calls direct URLs. */
function direct(text: string): RegExpExecArray | null {
  return /^(?:git\+)?(?:https?|ssh):\/\/\S+(?:\s*;.*)?$/.exec(text);
}

function isPath(text: string): boolean {
  const target = /@\s*(\S+)/.exec(text)?.[1] ?? text;
  if (/^(?:\.{0,2}\/|\.{1,2}$|~|file:)/.test(target)) return true;
  return !target.includes('://') && /\.(?:whl|zip|tar\.gz|tar\.bz2)$/.test(target.split(/[;\s]/)[0] ?? '');
}
