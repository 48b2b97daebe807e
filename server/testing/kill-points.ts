import childProcess from 'node:child_process';
import fsPromises from 'node:fs/promises';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { Database } from '#server/store/database.ts';

/** Calls that change the world outside this process. */
const FILE_CALLS = ['open', 'rename', 'rm', 'mkdir', 'writeFile', 'appendFile', 'truncate'] as const;

let reached = 0;
let killAt = 0;

/** How many points have been passed. */
export const passedKillPoints = (): number => reached;

/**
 * Makes the process kill itself, as `kill -9` would, at the n-th point from now. A point lies before and after every call that changes a file,
 * starts a process, commits a transaction or has a container engine change something, so that counting n up goes through every state that a crash can
 * leave. 0 only counts.
 */
export function armKillPoints(at: number): void {
  reached = 0;
  killAt = at;
}

/** Puts the points in place; to be called once, before anything else of Viridian is imported. */
export function installKillPoints(): void {
  for (const name of FILE_CALLS) {
    const original = fsPromises[name] as (...parameters: unknown[]) => Promise<unknown>;
    Object.assign(fsPromises, {
      [name]: async (...parameters: unknown[]) => {
        if (name === 'open' && parameters[1] === 'r') return original(...parameters);
        point();
        const result = await original(...parameters);
        point();
        return result;
      },
    });
  }
  const request = http.request as (...parameters: unknown[]) => http.ClientRequest;
  Object.assign(http, { request: (...parameters: unknown[]) => aroundRequest(() => request(...parameters)) });
  const spawn = childProcess.spawn as (...parameters: unknown[]) => unknown;
  Object.assign(childProcess, { spawn: (...parameters: unknown[]) => around(() => spawn(...parameters)) });
  // Named imports of built-in modules are bindings: this renews them.
  syncBuiltinESMExports();
}

/** The same for transactions: a point lies right before and right after each commit. */
export function withKillPoints(database: Database): Database {
  return {
    ...database,
    async transact(work) {
      const result = await database.transact(async (transaction) => {
        const value = await work(transaction);
        point();
        return value;
      });
      point();
      return result;
    },
  };
}

const ONLY_READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** A point before the request, one when it is on its way and nobody will hear the answer, one when the answer begins and one when it has ended. */
function aroundRequest(call: () => http.ClientRequest): http.ClientRequest {
  const request = call();
  if (ONLY_READS.has(request.method)) return request;
  // Nothing has been sent yet: that begins in the next turn of the event loop.
  point();
  request.prependListener('finish', point);
  request.prependListener('response', (response) => {
    point();
    response.prependListener('end', point);
  });
  return request;
}

function around<T>(call: () => T): T {
  point();
  const result = call();
  point();
  return result;
}

function point(): void {
  reached += 1;
  if (reached === killAt) process.kill(process.pid, 'SIGKILL');
}
