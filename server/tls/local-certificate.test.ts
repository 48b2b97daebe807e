import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './certificate-fixture.ts';
import { LEAF_VALIDITY_MS } from './local-ca.ts';
import { ensureLocalCertificate, type LocalCaFiles } from './local-certificate.ts';
import { namesOfMachine } from './machine-names.ts';

const NAMES = ['localhost', '127.0.0.1'];
const NOW = Date.now();

async function caFiles(): Promise<LocalCaFiles> {
  const folder = join(await temporaryFolder(), 'tls');
  return {
    authority: join(folder, 'local-ca.pem'),
    server: join(folder, 'local-server.pem'),
    authorityCertificate: join(folder, 'local-ca.crt'),
  };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('the local CA', () => {
  it('signs a certificate that its own certificate vouches for', async () => {
    const files = await caFiles();
    const { certificate, renewed } = await ensureLocalCertificate(files, NAMES, NOW);
    expect(renewed).toBe('first');
    expect(certificate.names).toEqual(NAMES);
    const authority = new X509Certificate(await readFile(files.authorityCertificate));
    const leaf = new X509Certificate(certificate.chainPem);
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(authority) && leaf.verify(authority.publicKey)).toBe(true);
  });

  it('keeps keys where only their owner reads them, and gives out a certificate without one', async () => {
    const files = await caFiles();
    await ensureLocalCertificate(files, NAMES, NOW);
    expect(await modeOf(files.authority)).toBe(0o600);
    expect(await modeOf(files.server)).toBe(0o600);
    expect(await modeOf(join(files.authority, '..'))).toBe(0o700);
    expect(await readFile(files.authorityCertificate, 'utf8')).not.toContain('PRIVATE KEY');
  });

  it('serves the same certificate until a third of its life is left, then one of the same CA', async () => {
    const files = await caFiles();
    const first = await ensureLocalCertificate(files, NAMES, NOW);
    const authority = await readFile(files.authority, 'utf8');
    const early = await ensureLocalCertificate(files, NAMES, NOW + LEAF_VALIDITY_MS * 0.6);
    expect(early).toEqual({ certificate: first.certificate, renewed: null });
    const late = await ensureLocalCertificate(files, NAMES, NOW + LEAF_VALIDITY_MS * 0.7);
    expect(late.renewed).toBe('due');
    expect(late.certificate.notAfter).toBeGreaterThan(first.certificate.notAfter);
    expect(await readFile(files.authority, 'utf8')).toBe(authority);
  });

  it('signs anew when the machine has a name that the certificate lacks, and not when it lost one', async () => {
    const files = await caFiles();
    await ensureLocalCertificate(files, NAMES, NOW);
    const more = await ensureLocalCertificate(files, [...NAMES, '10.0.0.9'], NOW);
    expect(more.renewed).toBe('names');
    expect((await ensureLocalCertificate(files, NAMES, NOW)).renewed).toBeNull();
  });

  it('mends a damaged server certificate, but never replaces a CA that people trust', async () => {
    const files = await caFiles();
    await ensureLocalCertificate(files, NAMES, NOW);
    await writeFile(files.server, 'half a fi');
    expect((await ensureLocalCertificate(files, NAMES, NOW)).renewed).toBe('damaged');
    await writeFile(files.authority, 'half a fi');
    await expect(ensureLocalCertificate(files, NAMES, NOW)).rejects.toThrow(
      /local CA of this installation cannot be used/,
    );
    expect(await readFile(files.authority, 'utf8')).toBe('half a fi');
  });

  it('replaces the server certificate when the CA was removed by hand', async () => {
    const files = await caFiles();
    await ensureLocalCertificate(files, NAMES, NOW);
    await rm(files.authority);
    const { certificate, renewed } = await ensureLocalCertificate(files, NAMES, NOW);
    expect(renewed).toBe('damaged');
    const authority = new X509Certificate(await readFile(files.authorityCertificate));
    expect(new X509Certificate(certificate.chainPem).verify(authority.publicKey)).toBe(true);
  });

  it('is made once when several processes start at once', async () => {
    const files = await caFiles();
    const program = `
      import { ensureLocalCertificate } from ${JSON.stringify(new URL('local-certificate.ts', import.meta.url).href)};
      const { certificate } = await ensureLocalCertificate(${JSON.stringify(files)}, ['localhost'], Date.now());
      console.log(certificate.chainPem);`;
    const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    const made = await Promise.all([start(), start(), start()]);
    const authority = new X509Certificate(await readFile(files.authorityCertificate));
    for (const { stdout } of made) expect(new X509Certificate(stdout).verify(authority.publicKey)).toBe(true);
  });
});

describe('names of this machine', () => {
  it('hold loopback, the listener, the domain with its endpoints, and what was asked for', () => {
    const names = namesOfMachine({ host: '10.9.8.7', domain: 'models.test', extra: ['Alias.Test', '2001:db8::1'] });
    for (const name of [
      'localhost',
      '127.0.0.1',
      '::1',
      '10.9.8.7',
      'models.test',
      '*.models.test',
      'alias.test',
      '2001:db8::1',
    ]) {
      expect(names).toContain(name);
    }
    expect(new Set(names).size).toBe(names.length);
  });

  it('stay as they are when a deployment makes a network of containers', () => {
    const wanted = { host: '0.0.0.0', domain: null, extra: [] };
    const own = { eth0: [{ address: '192.0.2.2' }], docker0: [{ address: '172.17.0.1' }] };
    const before = namesOfMachine(wanted, own);
    expect(before).toEqual(expect.arrayContaining(['192.0.2.2', '172.17.0.1']));
    expect(namesOfMachine(wanted, { ...own, 'br-94edc52c2ea2': [{ address: '10.213.156.1' }] })).toEqual(before);
  });

  it('hold nothing that no client could mean', () => {
    const names = namesOfMachine({ host: '0.0.0.0', domain: null, extra: ['fe80::1', 'a b', '-x', '::'] });
    for (const name of ['0.0.0.0', '::', 'fe80::1', 'a b', '-x']) expect(names).not.toContain(name);
  });
});
