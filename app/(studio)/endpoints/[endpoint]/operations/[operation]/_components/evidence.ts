import type { Problem } from '#lib/contracts/problem.ts';

export interface Evidence {
  facts: { term: string; value: string }[];
  /** Last lines of the console or the build. */
  log: string;
  /** Where a program stopped, outermost call first. */
  traceback: string;
}

/** What a failure stands on, from the details that came with it. What is not there, or of another shape, is left out. */
export function evidenceOf({ details = {} }: Problem): Evidence {
  return {
    facts: [
      ...exitFacts(details['last_exit']),
      ...fact('Last probe', details['last_probe']),
      ...fact('Asked at port', details['asked_port']),
      ...listeningFacts(details['listening']),
      ...restartFacts(details['restarts']),
      ...placeFacts(details['file'], details['line']),
      ...fact('Instance', details['instance']),
    ],
    log: linesOf(details['log_tail']),
    traceback: typeof details['traceback'] === 'string' ? details['traceback'] : '',
  };
}

function fact(term: string, value: unknown, unit = ''): Evidence['facts'] {
  if (typeof value !== 'string' && typeof value !== 'number') return [];
  return [{ term, value: `${value} ${unit}`.trim() }];
}

function restartFacts(count: unknown): Evidence['facts'] {
  if (count === 0) return [];
  return count === 1 ? fact('Started again', 'once') : fact('Started again', count, 'times');
}

function exitFacts(exit: unknown): Evidence['facts'] {
  if (!isRecord(exit)) return [];
  const { code, signal, out_of_memory: isOutOfMemory } = exit;
  return [
    ...fact('Exit status', code),
    ...fact('Signal', signal),
    ...(isOutOfMemory === true ? [{ term: 'Memory', value: 'ended by the kernel at its limit' }] : []),
  ];
}

function listeningFacts(listening: unknown): Evidence['facts'] {
  if (!Array.isArray(listening)) return [];
  const ports = listening.flatMap((one: unknown) => {
    if (!isRecord(one) || typeof one['port'] !== 'number') return [];
    return one['loopbackOnly'] === true ? `${one['port']} on loopback` : String(one['port']);
  });
  return ports.length === 0 ? [] : [{ term: 'Listens on', value: ports.join(', ') }];
}

function placeFacts(file: unknown, line: unknown): Evidence['facts'] {
  if (typeof file !== 'string') return [];
  return [{ term: 'At', value: typeof line === 'number' ? `${file}, line ${line}` : file }];
}

function linesOf(tail: unknown): string {
  if (Array.isArray(tail)) return tail.filter((line) => !String(line).startsWith('viridian-failure:')).join('\n');
  return typeof tail === 'string' ? tail : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
