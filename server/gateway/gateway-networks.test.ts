import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestHead } from './http1/request-head.ts';
import { isFromAllowedNetwork, parseNetworks } from './network-access.ts';
import { requestOnce } from './testing/raw-client.ts';
import { deployment, endpoint, get, startGateway, startTestModel, table } from './testing/start-gateway.ts';

function fieldsOf(lines: string) {
  const head = new RequestHead();
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, 'latin1');
  head.parse(bytes, 0, bytes.length);
  return head.fields;
}

const allows = (peer: string, lines: string, allowed: string[], trusted: string[] = []): boolean =>
  isFromAllowedNetwork(peer, fieldsOf(lines), parseNetworks(allowed), parseNetworks(trusted));

describe('an endpoint without public access', () => {
  it.each([
    ['127.0.0.1', [], true],
    ['127.9.9.9', [], true],
    ['::1', [], true],
    ['192.0.2.7', [], false],
    ['192.0.2.7', ['192.0.2.0/24'], true],
    ['192.0.3.7', ['192.0.2.0/24'], false],
    ['::ffff:192.0.2.7', ['192.0.2.0/24'], true],
    ['2001:db8::7', ['192.0.2.0/24', '2001:db8::/64'], true],
    ['2001:db8:0:1::7', ['2001:db8::/64'], false],
    ['fe80::1%eth0', ['fe80::/10'], true],
    ['fe80::1%eth0', ['2001:db8::/32'], false],
    ['', ['0.0.0.0/0', '::/0'], false],
  ])('answers a peer at %s where %j may call: %s', (peer, allowed, expected) => {
    expect(allows(peer, '', allowed)).toBe(expected);
  });

  const FROM_OUTSIDE = 'X-Forwarded-For: 203.0.113.9\r\n';
  it.each([
    ['a client in an allowed network cannot lose its place by what it writes', '192.0.2.7', FROM_OUTSIDE, [], true],
    ['a client outside cannot write itself in', '203.0.113.9', 'X-Forwarded-For: 192.0.2.7\r\n', [], false],
    ['a client outside cannot write itself local', '203.0.113.9', 'X-Forwarded-For: 127.0.0.1\r\n', [], false],
    ['what comes through a local proxy could be anybody', '127.0.0.1', FROM_OUTSIDE, [], false],
    ['even when it says that it is allowed', '127.0.0.1', 'X-Forwarded-For: 192.0.2.7\r\n', [], false],
    ['or says it in the other field', '127.0.0.1', 'Forwarded: for=192.0.2.7\r\n', [], false],
    ['a trusted proxy tells who called', '127.0.0.1', 'X-Forwarded-For: 192.0.2.7\r\n', ['127.0.0.0/8'], true],
    ['a trusted proxy tells who called from outside', '127.0.0.1', FROM_OUTSIDE, ['127.0.0.0/8'], false],
    ['only its last word counts', '10.0.0.1', 'X-Forwarded-For: 192.0.2.7, 203.0.113.9\r\n', ['10.0.0.0/8'], false],
    ['only the last line counts', '10.0.0.1', `X-Forwarded-For: 192.0.2.7\r\n${FROM_OUTSIDE}`, ['10.0.0.0/8'], false],
    [
      'proxies behind proxies are stepped over',
      '10.0.0.1',
      'X-Forwarded-For: 192.0.2.7, 10.9.9.9\r\n',
      ['10.0.0.0/8'],
      true,
    ],
    ['a chain of nothing but proxies says nothing', '10.0.0.1', 'X-Forwarded-For: 10.9.9.9\r\n', ['10.0.0.0/8'], false],
    [
      'the port of a caller is no part of its address',
      '10.0.0.1',
      'X-Forwarded-For: 192.0.2.7:4711\r\n',
      ['10.0.0.0/8'],
      true,
    ],
    [
      'an IPv6 caller may stand in brackets',
      '10.0.0.1',
      'X-Forwarded-For: [::ffff:192.0.2.7]:4711\r\n',
      ['10.0.0.0/8'],
      true,
    ],
    ['a name is no address', '10.0.0.1', 'X-Forwarded-For: localhost\r\n', ['10.0.0.0/8'], false],
    ['an empty word is nobody', '10.0.0.1', 'X-Forwarded-For: 192.0.2.7,\r\n', ['10.0.0.0/8'], false],
    [
      'the other field of a trusted proxy is not read',
      '10.0.0.1',
      'Forwarded: for=192.0.2.7\r\n',
      ['10.0.0.0/8'],
      false,
    ],
    ['a trusted proxy by itself is a peer like any other', '10.0.0.1', '', ['10.0.0.0/8'], false],
  ])('%s', (_name, peer, lines, trusted, expected) => {
    expect(allows(peer, lines, ['192.0.2.0/24'], trusted)).toBe(expected);
  });

  it('cannot be talked into by an untrusted peer, whatever it writes', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.ipV6(), (peer, a, b) => {
        const plain = allows(peer, '', ['192.0.2.0/24']);
        const talked = allows(peer, `X-Forwarded-For: ${a}, ${b}\r\n`, ['192.0.2.0/24']);
        expect(talked && !plain).toBe(false);
      }),
    );
  });

  it('refuses with 403 and says why, and never asks the model', async () => {
    const model = await startTestModel();
    const closed = endpoint([deployment('blue', [model.port])], {
      publicNetworkAccess: 'disabled',
      allowedNetworks: ['192.0.2.0/24'],
    });
    const { port, gateway } = await startGateway(table(closed));
    expect((await requestOnce(port, get())).status).toBe(200);
    const through = (address: string) => requestOnce(port, get(undefined, `X-Forwarded-For: ${address}\r\n`));
    const refused = await through('192.0.2.7');
    expect([refused.status, refused.json()['code']]).toEqual([403, 'gateway.network_not_allowed']);
    gateway.install({ ...table(closed), trustedForwarders: ['127.0.0.0/8'] });
    expect((await through('192.0.2.7')).status).toBe(200);
    expect((await through('203.0.113.9')).status).toBe(403);
    expect(model.requests).toHaveLength(2);
  });
});

describe('what the model is told of its caller', () => {
  const told = async (trusted: string[], lines: string) => {
    const model = await startTestModel();
    const routes = { ...table(endpoint([deployment('blue', [model.port])])), trustedForwarders: trusted };
    const { port } = await startGateway(routes);
    await requestOnce(port, get(undefined, lines));
    const seen = await model.seen(1);
    return [seen.field('x-forwarded-for'), seen.field('x-forwarded-proto')];
  };
  const LINES = 'X-Forwarded-For: 192.0.2.7, 10.0.0.9\r\nX-Forwarded-Proto: https\r\n';

  it('is the peer alone where nobody is trusted', async () => {
    expect(await told([], LINES)).toEqual(['127.0.0.1', 'http']);
    expect(await told(['10.0.0.0/8'], LINES)).toEqual(['127.0.0.1', 'http']);
  });

  it('is what a trusted proxy says, and the proxy', async () => {
    expect(await told(['127.0.0.0/8'], LINES)).toEqual(['192.0.2.7, 10.0.0.9, 127.0.0.1', 'https']);
    expect(await told(['127.0.0.0/8'], '')).toEqual(['127.0.0.1', 'http']);
  });

  it('holds addresses and known protocols only', async () => {
    const lines = "X-Forwarded-For: $&, unknown, 192.0.2.7, $'\r\nX-Forwarded-Proto: gopher\r\n";
    expect(await told(['127.0.0.0/8'], lines)).toEqual(['192.0.2.7, 127.0.0.1', 'http']);
  });
});
