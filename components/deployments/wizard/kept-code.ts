import type { ScriptForm } from '#lib/deployment-yaml/script-source.ts';

/** Enough for what somebody goes back and forth between. */
const KEPT = 5;
const KEY = 'viridian.deployed-code';

interface Kept {
  operation: string;
  script: ScriptForm;
}

/**
 * Keeps what was written for the time of the browser's session: where the change of a deployment fails, what ran before is put back, and what was
 * written can still be mended.
 * @param operation the one that deploys it
 */
export function keepCode(operation: string, script: ScriptForm): void {
  const rest = readAll().filter((kept) => kept.operation !== operation);
  try {
    sessionStorage.setItem(KEY, JSON.stringify([{ operation, script }, ...rest].slice(0, KEPT)));
  } catch {
    // The storage is full: then the code stays as it was deployed, and is brought anew to change it.
    sessionStorage.removeItem(KEY);
  }
}

/** What an operation deployed, if it was written in this session. */
export function findKeptCode(operation: string | null): ScriptForm | null {
  return readAll().find((kept) => kept.operation === operation)?.script ?? null;
}

function readAll(): Kept[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as Kept[];
  } catch {
    return [];
  }
}
