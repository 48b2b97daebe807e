import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestAuthority } from './certificate-fixture.ts';
import { describeDates, readCertificate } from './read-certificate.ts';

const NAMES = ['iris.models.test', '*.models.test', '10.1.2.3', '2001:db8::7'];

async function parts() {
  const { certificatePem, keyPem } = await (await createTestAuthority()).issue(NAMES);
  return { origin: 'files', chainPem: certificatePem, keyPem, certificateName: 'a.crt', keyName: 'a.key' } as const;
}

describe('a certificate', () => {
  it('is described by its names, dates and issuer', async () => {
    const read = readCertificate(await parts());
    expect(read.names).toEqual(NAMES);
    expect(read.issuer).toContain('Test CA');
    expect(read.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(read.notAfter - read.notBefore).toBeGreaterThan(89 * 24 * 3_600_000);
  });

  it('is refused with a key that is not its own, naming both files', async () => {
    const wrong = { ...(await parts()), keyPem: (await parts()).keyPem };
    expect(() => readCertificate(wrong)).toThrow(/key in a\.key does not belong to the first certificate in a\.crt/);
  });

  it('is refused where a file holds something else, is damaged, or is encrypted', async () => {
    const good = await parts();
    expect(() => readCertificate({ ...good, chainPem: 'hello' })).toThrow(/a\.crt holds no certificate in PEM form/);
    expect(() => readCertificate({ ...good, keyPem: 'hello' })).toThrow(/a\.key holds no private key in PEM form/);
    const damaged = good.chainPem.replace(/[A-Za-z0-9+/]{20}\n/, 'AAAAAAAAAAAAAAAAAAAA\n');
    expect(() => readCertificate({ ...good, chainPem: damaged })).toThrow(/a\.(crt|key)/);
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    });
    expect(() => readCertificate({ ...good, keyPem: privateKey })).toThrow(/is encrypted/);
  });

  it('says when it is too old or too young', () => {
    const dates = { notBefore: Date.UTC(2030, 0, 1), notAfter: Date.UTC(2030, 3, 1) };
    expect(describeDates(dates, Date.UTC(2030, 1, 1))).toBeNull();
    expect(describeDates(dates, Date.UTC(2030, 3, 1))).toBe('expired on 2030-04-01 00:00 UTC');
    expect(describeDates(dates, Date.UTC(2029, 11, 31))).toBe('is not valid before 2030-01-01 00:00 UTC');
  });
});
