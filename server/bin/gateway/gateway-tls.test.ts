import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { expect, it, vi } from 'vitest';
import type { DataDir } from '#server/kernel/data-dir.ts';
import { RawClient } from '#server/gateway/testing/raw-client.ts';
import {
  deployment,
  endpoint,
  get,
  post,
  startTestModel,
  table,
  until,
} from '#server/gateway/testing/start-gateway.ts';
import { createTestAuthority, writePair } from '#server/tls/certificate-fixture.ts';
import { startCluster, temporaryDataDir, type TestCluster } from './start-cluster.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A cluster whose certificate comes from files that the test may change. */
async function startWithFiles(names: readonly string[], environment: Record<string, string> = {}) {
  const authority = await createTestAuthority();
  const dataDir = temporaryDataDir();
  const folder = join(dataDir.root, 'certificates');
  mkdirSync(folder);
  const { certificatePath, keyPath } = await writePair(folder, await authority.issue(names));
  const model = await startTestModel();
  const cluster = startCluster({
    dataDir,
    onDisk: table(endpoint([deployment('blue', [model.port])])),
    environment: {
      VIRIDIAN_GATEWAY_TLS_CERT_FILE: certificatePath,
      VIRIDIAN_GATEWAY_TLS_KEY_FILE: keyPath,
      ...environment,
    },
  });
  let log = '';
  cluster.child.stderr?.on('data', (bytes: Buffer) => (log += bytes.toString('utf8')));
  await cluster.ready();
  const dial = (options: ConnectionOptions = {}) =>
    RawClient.connectTls(cluster.tlsPort, { ca: authority.certificatePem, servername: 'gateway.test', ...options });
  return { cluster, authority, folder, dial, readLog: () => log };
}

async function namesNow(dial: () => ReturnType<typeof RawClient.connectTls>): Promise<string> {
  const client = await dial();
  const { subjectaltname = '' } = client.socket.getPeerCertificate();
  client.close();
  return subjectaltname;
}

/** Asks until every one of several handshakes in a row, whichever worker takes it, shows the names. */
async function untilAllShow(dial: () => ReturnType<typeof RawClient.connectTls>, names: string): Promise<void> {
  for (let inRow = 0; inRow < 12; inRow = (await namesNow(dial)) === names ? inRow + 1 : 0);
}

it('certificates that change on disk are served to new clients by every worker, and a long connection goes on', async () => {
  const { authority, folder, dial, cluster } = await startWithFiles(['gateway.test']);
  const controlPlane = await cluster.controlPlane();
  const lasting = await dial();
  expect((await lasting.request(post())).status).toBe(200);
  await writePair(folder, await authority.issue(['gateway.test', 'renewed.test']));
  await untilAllShow(dial, 'DNS:gateway.test, DNS:renewed.test');
  expect((await lasting.request(post())).status).toBe(200);
  expect(lasting.socket.getPeerCertificate().subjectaltname).toBe('DNS:gateway.test');
  const told = controlPlane.frames.findLast((frame) => frame.type === 'tls')?.tls;
  expect(told).toMatchObject({ port: cluster.tlsPort, certificates: [{ names: ['gateway.test', 'renewed.test'] }] });
  expect(JSON.stringify(told)).not.toContain('PRIVATE KEY');
});

it('SIGHUP replaces the workers without a failed request over TLS, and takes new certificates with it', async () => {
  const { authority, folder, dial, cluster } = await startWithFiles(['gateway.test']);
  const before = [...cluster.workerPids];
  const lasting = await dial();
  expect((await lasting.request(get())).status).toBe(200);
  await writePair(folder, await authority.issue(['gateway.test', 'renewed.test']));
  cluster.signal('SIGHUP');
  let failures = 0;
  while (cluster.workerPids.some((pid) => before.includes(pid))) {
    const client = await dial();
    if ((await client.request(post())).status !== 200) failures += 1;
    client.close();
  }
  expect(failures).toBe(0);
  const last = await lasting.request(get());
  expect([last.status, last.field('connection')]).toEqual([200, 'close']);
  expect(await namesNow(dial)).toBe('DNS:gateway.test, DNS:renewed.test');
});

it('no log line, frame or dump tells a private key, and neither does the route table', async () => {
  const started = await startWithFiles(['gateway.test'], { VIRIDIAN_LOG_LEVEL: 'trace' });
  const { authority, folder, dial, cluster, readLog } = started;
  const controlPlane = await cluster.controlPlane();
  const secrets = [readFileSync(join(folder, 'server.key'), 'utf8'), (await authority.issue(['gateway.test'])).keyPem];
  const next = await authority.issue(['gateway.test', 'renewed.test']);
  secrets.push(next.keyPem);
  // A pair that does not fit is a fault that is told, too.
  writeFileSync(join(folder, 'server.key'), secrets[1] ?? '');
  await until(() => readLog().includes('does not belong'));
  await writePair(folder, next);
  await untilAllShow(dial, 'DNS:gateway.test, DNS:renewed.test');
  controlPlane.send({ type: 'dump', id: 'a' });
  await controlPlane.frame('dump');
  cluster.signal('SIGHUP');
  const told = [readLog(), JSON.stringify(controlPlane.frames), JSON.stringify(cluster.readTableOnDisk())].join('\n');
  for (const secret of secrets) expect(told).not.toContain(secret.split('\n')[1]);
  expect(told).not.toContain('PRIVATE KEY');
});

it('a killed worker is replaced by one that serves TLS too', async () => {
  const { dial, cluster } = await startWithFiles(['gateway.test']);
  const controlPlane = await cluster.controlPlane();
  const killed = [...cluster.workerPids];
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  const isFresh = ({ pid, served }: { pid: number; served: number }): boolean => served > 0 && !killed.includes(pid);
  await until(() => controlPlane.workers.length === 2 && controlPlane.workers.every(isFresh));
  expect((await (await dial()).request(get())).status).toBe(200);
});

it('a session that one worker began is resumed at any other', async () => {
  const { dial } = await startWithFiles(['gateway.test']);
  const first = await dial();
  const ticket = once(first.socket, 'session') as Promise<[Buffer]>;
  await first.request(get());
  const [session] = await ticket;
  for (let i = 0; i < 8; i += 1) {
    const next = await dial({ session });
    expect(next.socket.isSessionReused()).toBe(true);
    next.close();
  }
});

it('the local CA is made and served before any control plane comes, for all names of the machine', async () => {
  const model = await startTestModel();
  const cluster = startCluster({
    onDisk: table(endpoint([deployment('blue', [model.port])])),
    environment: { VIRIDIAN_GATEWAY_TLS: 'local', VIRIDIAN_DOMAIN: 'models.test' },
  });
  await cluster.ready();
  const ca = readFileSync(cluster.dataDir.localCa.authorityCertificate, 'utf8');
  const client = await RawClient.connectTls(cluster.tlsPort, { ca, servername: 'iris.models.test' });
  expect((await client.request(get('/score').replace('gateway.test', 'iris.models.test'))).status).toBe(200);
  expect((await (await RawClient.connectTls(cluster.tlsPort, { ca, host: '127.0.0.1' })).request(get())).status).toBe(
    200,
  );
  for (const path of [cluster.dataDir.localCa.authority, cluster.dataDir.localCa.server]) {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
});

const fatalText = async (cluster: TestCluster): Promise<string> => {
  expect(await cluster.exited()).toBe(78);
  const fatal = cluster.messages.find((message) => message.type === 'fatal');
  return fatal?.type === 'fatal' ? fatal.text : '';
};

it('certificates that cannot be served end the start with the reason', async () => {
  const authority = await createTestAuthority();
  const dataDir: DataDir = temporaryDataDir();
  const { certificatePath, keyPath } = await writePair(dataDir.root, await authority.issue(['a.test']));
  const start = () =>
    startCluster({
      dataDir,
      workers: 1,
      environment: { VIRIDIAN_GATEWAY_TLS_CERT_FILE: certificatePath, VIRIDIAN_GATEWAY_TLS_KEY_FILE: keyPath },
    });
  writeFileSync(keyPath, (await authority.issue(['a.test'])).keyPem);
  expect(await fatalText(start())).toMatch(/server\.key does not belong to the first certificate in .*server\.crt/);
  writeFileSync(keyPath, 'nothing');
  expect(await fatalText(start())).toMatch(/server\.key holds no private key/);
});
