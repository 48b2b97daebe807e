import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countConnections, waitForQuietPort } from './open-connections.ts';

/** As in proc(5): a listener, an open connection that it accepted, and one that somebody made from this network. */
const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 00000000:2328 00000000:0000 0A 00000000:00000000
   1: 0200D50A:2328 0100D50A:C350 01 00000000:00000000
   2: 0200D50A:C352 0100D50A:2328 01 00000000:00000000
`;

test('only connections that the listener has accepted are counted, in both tables', async () => {
  const network = await mkdtemp(join(tmpdir(), 'viridian-net-'));
  try {
    expect(await countConnections(9000, network)).toBeNull();
    await writeFile(join(network, 'tcp'), TABLE);
    expect(await countConnections(9000, network)).toBe(1);
    await writeFile(join(network, 'tcp6'), TABLE);
    expect(await countConnections(9000, network)).toBe(2);
    expect(await countConnections(9001, network)).toBe(0);
  } finally {
    await rm(network, { recursive: true, force: true });
  }
});

test('a port is waited for until its last connection is closed', async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1');
  await expect.poll(() => countConnections(port)).toBe(1);
  let isQuiet = false;
  const waited = waitForQuietPort(port, 60_000, AbortSignal.timeout(60_000)).then(() => (isQuiet = true));
  await countConnections(port);
  expect(isQuiet).toBe(false);
  client.destroy();
  accepted[0]?.destroy();
  await waited;
  expect(await countConnections(port)).toBe(0);
  server.close();
});
