import { describe, expect, test } from 'vitest';
import { externalUrlFault, parseExternalUrl } from '#lib/contracts/external-rules.ts';
import { createAddressPolicy } from '#server/domain/address-policy.ts';
import { hostFault } from '#server/domain/external-server.ts';
import { resolveHost, systemLookup } from './resolve-host.ts';

const POLICY = createAddressPolicy([]);

/** Spellings of addresses inside, as lists of ways around such checks have them. */
const INSIDE = [
  'http://127.0.0.1',
  'http://127.0.0.1:80',
  'http://127.1',
  'http://127.0.1',
  'http://127.255.255.254',
  'http://2130706433',
  'http://0x7f000001',
  'http://0x7f.0x0.0x0.0x1',
  'http://0177.0.0.1',
  'http://017700000001',
  'http://0x7f.1',
  'http://127.0.0.1.',
  'http://127。0。0。1',
  'http://①②⑦.⓪.⓪.①',
  'http://１２７.０.０.１',
  'http://%31%32%37.0.0.1',
  'http://localhost',
  'http://LOCALHOST.',
  'http://localhost:22',
  'http://0',
  'http://0.0.0.0',
  'http://0x0',
  'http://[::]',
  'http://[::1]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://[0000::0001]',
  'http://[::127.0.0.1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::ffff:7f00:1]',
  'http://[0:0:0:0:0:ffff:127.0.0.1]',
  'http://[::ffff:0:127.0.0.1]',
  'http://[64:ff9b::127.0.0.1]',
  'http://[64:ff9b:1::a9fe:a9fe]',
  'http://[2002:7f00:1::]',
  'http://[2002:a9fe:a9fe::1]',
  'http://[2001::7f00:1]',
  'http://169.254.169.254/latest/meta-data',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://169.254.43518',
  'http://[::ffff:169.254.169.254]',
  'http://[fd00:ec2::254]',
  'http://[fe80::1]',
  'http://169.254.170.2/v2/credentials',
  'http://100.100.100.200',
  'http://168.63.129.16',
  'http://10.0.0.1',
  'http://0xa000001',
  'http://172.16.0.1',
  'http://192.168.0.1',
  'http://3232235521',
  'http://100.64.0.1',
  'http://198.18.0.1',
  'http://[fc00::1]',
  'http://[fec0::1]',
  'http://224.0.0.1',
  'http://255.255.255.255',
  'http://[ff02::1]',
  'http://192.0.2.1',
  'http://[2001:db8::1]',
] as const;

/** Texts that are the URL of no server. */
const NO_URL = [
  'http://user@127.0.0.1',
  'http://public.example@127.0.0.1',
  'http://public.example#@127.0.0.1',
  'http://public.example?@127.0.0.1',
  'http:\\\\127.0.0.1\\a?b',
  'file:///etc/passwd',
  'gopher://127.0.0.1',
  'dict://127.0.0.1',
  'ftp://127.0.0.1',
  '//127.0.0.1',
  'http://[::1%25lo]',
  'http://256.0.0.1',
  'http://1.2.3.4.5',
  'http://127.0.0.1\r\nHost: x',
  'http://exa mple',
  'http://[::ffff:127.0.0.1',
] as const;

test.each(INSIDE)('%s is not reached without an entry', async (text) => {
  expect(externalUrlFault(text)).toBeNull();
  const found = await resolveHost(parseExternalUrl(text).host, systemLookup, POLICY);
  expect(found.kind).not.toBe('allowed');
});

test.each(NO_URL)('%j is refused before anything is looked up', (text) => {
  expect(externalUrlFault(text)).not.toBeNull();
});

describe('a name', () => {
  const failing = (code: string) => async () => {
    throw Object.assign(new Error('failed'), { code });
  };

  test('stands for all of its addresses, each once and IPv4 first', async () => {
    const addresses = ['2606:4700::1', '8.8.8.8', '2606:4700::1', '1.1.1.1'];
    expect(await resolveHost('a.example', async () => addresses, POLICY)).toEqual({
      kind: 'allowed',
      addresses: ['8.8.8.8', '1.1.1.1', '2606:4700::1'],
    });
  });

  test('is spoilt by one address that may not be reached', async () => {
    const found = await resolveHost('a.example', async () => ['8.8.8.8', '127.0.0.1'], POLICY);
    expect(found).toMatchObject({ kind: 'forbidden', address: '127.0.0.1' });
    expect(hostFault('a.example', found)).toBe(
      'a.example resolves to 127.0.0.1, which is a loopback address outside VIRIDIAN_EXTERNAL_ALLOW. ' +
        'Add its network to that setting and start Viridian again if it is meant to be reached.',
    );
  });

  test.each([
    ['ENOTFOUND', 'has no address'],
    ['ENODATA', 'has no address'],
    ['EAI_AGAIN', 'the name server does not answer'],
    ['ESERVFAIL', 'cannot be resolved: ESERVFAIL'],
  ])('that cannot be resolved for %s is told so', async (code, words) => {
    const found = await resolveHost('a.example', failing(code), POLICY);
    expect(found.kind).toBe('unknown');
    expect(hostFault('a.example', found)).toContain(words);
  });

  test('without an address is no name of a server', async () => {
    expect(await resolveHost('a.example', async () => [], POLICY)).toEqual({
      kind: 'unknown',
      reason: 'has no address',
    });
  });
});
