import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#server/kernel/clock.ts';
import { createTestAuthority, temporaryFolder, writePair } from './certificate-fixture.ts';
import { openCertificateSource } from './certificate-source.ts';
import type { CertificateSource } from './served-certificate.ts';

const DAY_MS = 24 * 3_600_000;
const logger = pino({ level: 'silent' });

async function openFiles(folder: string, log = logger): Promise<CertificateSource> {
  const pair = { certificatePath: join(folder, 'server.crt'), keyPath: join(folder, 'server.key') };
  const source = await openCertificateSource({
    plan: { kind: 'files', pairs: [pair] },
    host: '127.0.0.1',
    domain: null,
    localCa: { authority: '', server: '', authorityCertificate: '' },
    acmeFolder: '',
    clock: systemClock,
    logger: log,
    pollMs: 5,
  });
  onTestFinished(() => source.stop());
  return source;
}

describe('certificate files', () => {
  it('are named in the error when they cannot be read', async () => {
    await expect(openFiles('/nowhere')).rejects.toThrow('/nowhere/server.crt cannot be read (there is no such file).');
  });

  it('are taken over when they change, also as a link that is swapped', async () => {
    const folder = await temporaryFolder();
    const authority = await createTestAuthority();
    await writePair(folder, await authority.issue(['old.test']));
    const source = await openFiles(folder);
    const taken = new Promise<void>((resolve) => {
      // Between the two renames the pair does not fit, which is told as well when it lasts.
      source.watch(() => source.certificates[0]?.names[0] === 'new.test' && resolve());
    });
    const fresh = await authority.issue(['new.test']);
    await writeFile(join(folder, 'next.crt'), fresh.certificatePem);
    await writeFile(join(folder, 'next.key'), fresh.keyPem);
    await rename(join(folder, 'next.crt'), join(folder, 'server.crt'));
    await rename(join(folder, 'next.key'), join(folder, 'server.key'));
    await taken;
    expect(source.problem).toBeNull();
  });

  it('that do not fit each other are no fault at the first look: the second file may be on its way', async () => {
    const folder = await temporaryFolder();
    const authority = await createTestAuthority();
    await writePair(folder, await authority.issue(['old.test']));
    const source = await openFiles(folder);
    const fresh = await authority.issue(['new.test']);
    await writeFile(join(folder, 'server.crt'), fresh.certificatePem);
    await source.check();
    expect(source.problem).toBeNull();
    await source.check();
    expect(source.problem).toMatch(/does not belong/);
    expect(source.certificates[0]?.names).toEqual(['old.test']);
    await writeFile(join(folder, 'server.key'), fresh.keyPem);
    await source.check();
    expect(source.problem).toBeNull();
    expect(source.certificates[0]?.names).toEqual(['new.test']);
  });

  it('that have expired do not replace one that is valid', async () => {
    const folder = await temporaryFolder();
    const authority = await createTestAuthority();
    await writePair(folder, await authority.issue(['valid.test']));
    const source = await openFiles(folder);
    await writePair(folder, await authority.issue(['expired.test'], Date.now() - 100 * DAY_MS));
    await source.check();
    await source.check();
    expect(source.certificates[0]?.names).toEqual(['valid.test']);
    expect(source.problem).toMatch(/server\.crt expired on /);
  });

  it('whose key every user may read are served, and the log says so', async () => {
    const folder = await temporaryFolder();
    await writePair(folder, await (await createTestAuthority()).issue(['a.test']));
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
    await openFiles(folder, log);
    expect(lines).toEqual([]);
    await chmod(join(folder, 'server.key'), 0o644);
    await openFiles(folder, log);
    expect(lines.join('')).toMatch(/every user of this host may read the private key/);
  });

  it('that have expired at the start are served, and the log says so', async () => {
    const folder = await temporaryFolder();
    const authority = await createTestAuthority();
    const pair = await authority.issue(['expired.test'], Date.now() - 100 * DAY_MS);
    await writePair(folder, pair);
    const lines: string[] = [];
    const source = await openFiles(folder, pino({ level: 'error' }, { write: (line) => void lines.push(line) }));
    expect(source.certificates).toHaveLength(1);
    expect(lines.join('')).toMatch(/a certificate expired on/);
    expect(lines.join('')).not.toContain('PRIVATE KEY');
  });
});
