import { describe, expect, it } from 'vitest';
import { type Environment, parseConfig } from '#server/kernel/config.ts';
import { isLoopbackHost, planTls, tlsConfig } from './tls-config.ts';

const plan = (host: string, environment: Environment = {}, domain?: string) =>
  planTls(parseConfig(tlsConfig, environment), host, domain);
const FILES = {
  VIRIDIAN_GATEWAY_TLS_CERT_FILE: '/etc/a.crt, /etc/b.crt',
  VIRIDIAN_GATEWAY_TLS_KEY_FILE: '/etc/a.key,/etc/b.key',
};

describe('the plan for TLS', () => {
  it('is the local CA where other machines can connect, and none on loopback', () => {
    expect(plan('0.0.0.0')).toEqual({ kind: 'local', extraNames: [] });
    expect(plan('models.example.com').kind).toBe('local');
    expect(plan('127.0.0.1').kind).toBe('off');
    expect(plan('localhost').kind).toBe('off');
  });

  it('is files wherever they are named, in their order', () => {
    expect(plan('127.0.0.1', FILES)).toEqual({
      kind: 'files',
      pairs: [
        { certificatePath: '/etc/a.crt', keyPath: '/etc/a.key' },
        { certificatePath: '/etc/b.crt', keyPath: '/etc/b.key' },
      ],
    });
  });

  it('is what the setting says before what the address says', () => {
    expect(plan('0.0.0.0', { ...FILES, VIRIDIAN_GATEWAY_TLS: 'off' }).kind).toBe('off');
    expect(
      plan('127.0.0.1', { VIRIDIAN_GATEWAY_TLS: 'local', VIRIDIAN_GATEWAY_TLS_NAMES: 'a.test, 10.0.0.9' }),
    ).toEqual({
      kind: 'local',
      extraNames: ['a.test', '10.0.0.9'],
    });
  });

  it('is ACME where names are given for it, and files before that', () => {
    const acme = { VIRIDIAN_ACME_NAMES: 'Models.Example.com, models.example.com' };
    expect(plan('127.0.0.1', acme)).toMatchObject({
      kind: 'acme',
      acme: { names: ['models.example.com'], challenge: 'http-01', email: null, caPath: null },
    });
    expect(plan('0.0.0.0', { ...acme, ...FILES }).kind).toBe('files');
    expect(() => plan('0.0.0.0', { VIRIDIAN_GATEWAY_TLS: 'acme' })).toThrow(/no host is named/);
    for (const name of ['localhost', '10.0.0.1', 'a_b.example.com']) {
      expect(() => plan('0.0.0.0', { VIRIDIAN_ACME_NAMES: name })).toThrow(/at least two labels/);
    }
  });

  it('takes a wildcard of its own domain for the hosts of all endpoints, and no other', () => {
    const names = { VIRIDIAN_ACME_NAMES: '*.Models.test, models.test' };
    expect(plan('0.0.0.0', names, 'models.test')).toMatchObject({
      acme: { names: ['models.test'], endpointsOf: 'models.test' },
    });
    expect(() => plan('0.0.0.0', names, 'other.test')).toThrow(
      /\*\.models\.test: certificates with wildcards need a proof by DNS/,
    );
  });

  it('refuses settings that contradict each other', () => {
    expect(() => plan('127.0.0.1', { VIRIDIAN_GATEWAY_TLS: 'files' })).toThrow(/no file is named/);
    expect(() => plan('0.0.0.0', { VIRIDIAN_GATEWAY_TLS_CERT_FILE: '/etc/a.crt' })).toThrow(
      /every certificate needs its key/,
    );
    expect(() => plan('0.0.0.0', { ...FILES, VIRIDIAN_GATEWAY_TLS_KEY_FILE: 'a.key,b.key' })).toThrow(/absolute paths/);
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.8.0.1', true],
  ['::1', true],
  ['LOCALHOST', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.4', false],
  ['127.example.com', false],
])('%s is reached from this machine only: %s', (host, only) => expect(isLoopbackHost(host)).toBe(only));
