import { once } from 'node:events';
import { join } from 'node:path';
import { runClosedLoop, SMALL_POST } from './gateway-closed-loop.ts';
import { type Column, fixed, median } from './gateway-figures.ts';
import type { IdleMessage, IdleOptions } from './gateway-idle-clients.ts';
import type { Models } from './gateway-models.ts';
import { type Peer, type PeerName, startPeer } from './gateway-peers.ts';
import { delay, openFilesLimit, residentKib } from './gateway-process.ts';
import { smallRequest } from './gateway-table.ts';
import { LOAD_CORE } from './pinning.ts';
import { spawnOnCore } from './run-on-core.ts';

/** What an idle keep-alive connection costs a gateway: growth of its resident memory, without what the kernel holds for the sockets. */

export const IDLE_CONNECTIONS = 5_000;
/** The gateway needs one for each client, and some for itself and its models. */
const FILES_NEEDED = IDLE_CONNECTIONS + 1_000;
const CLIENTS_SCRIPT = join(import.meta.dirname, 'gateway-idle-clients.ts');
/** Heaps and caches are what they are in service before the first idle client comes. */
const WARM_UP_SECONDS = 2;
const SETTLE_MS = 1_500;

export const IDLE_COLUMNS: readonly Column[] = [
  { title: 'gateway', align: 'left' },
  { title: 'RSS before MiB', align: 'right' },
  { title: `RSS with ${IDLE_CONNECTIONS} idle MiB`, align: 'right' },
  { title: 'KiB per connection', align: 'right' },
];

interface IdleMemory {
  beforeKib: number;
  withIdleKib: number;
}

export function whyNotIdle(): string | null {
  const limit = openFilesLimit();
  return limit >= FILES_NEEDED
    ? null
    : `${IDLE_CONNECTIONS} idle connections need ${FILES_NEEDED} open files, and the hard limit is ${limit}`;
}

/** Each round in a gateway that has just been started: memory that once was used does not grow again. */
export async function measureIdle(
  folder: string,
  models: Models,
  names: readonly PeerName[],
  rounds: number,
): Promise<string[][]> {
  const runs = new Map<PeerName, IdleMemory[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const peer = await startPeer(name, folder, models);
      try {
        await runClosedLoop(folder, peer, { ...SMALL_POST, clients: 64 }, WARM_UP_SECONDS);
        runs.get(name)?.push(await measureOnce(peer));
      } finally {
        await peer.stop();
      }
    }
  }
  return [...runs].map(([name, values]) => {
    const before = median(values.map(({ beforeKib }) => beforeKib));
    const withIdle = median(values.map(({ withIdleKib }) => withIdleKib));
    const perConnection = median(values.map((one) => (one.withIdleKib - one.beforeKib) / IDLE_CONNECTIONS));
    return [name, fixed(before / 1024, 1), fixed(withIdle / 1024, 1), fixed(perConnection, 2)];
  });
}

async function measureOnce(peer: Peer): Promise<IdleMemory> {
  const { port, path } = peer.target('small');
  const pid = peer.pids[0] as number;
  const options: IdleOptions = { port, requestBase64: smallRequest(path), connections: IDLE_CONNECTIONS };
  await delay(SETTLE_MS);
  const beforeKib = residentKib(pid);
  const clients = spawnOnCore(LOAD_CORE, [process.execPath, CLIENTS_SCRIPT, JSON.stringify(options)], { ipc: true });
  const nextMessage = async (): Promise<IdleMessage> => {
    const [message] = await Promise.race([once(clients, 'message'), once(clients, 'exit')]);
    if (typeof message !== 'object' || message === null) throw new Error('the idle clients ended too early');
    return message as IdleMessage;
  };
  await nextMessage();
  await delay(SETTLE_MS);
  const withIdleKib = residentKib(pid);
  clients.send('close');
  const end = await nextMessage();
  if (end.type === 'closed' && end.failures > 0) {
    throw new Error(`${peer.name} lost ${end.failures} of ${IDLE_CONNECTIONS} idle connections: ${end.firstFailure}`);
  }
  return { beforeKib, withIdleKib };
}
