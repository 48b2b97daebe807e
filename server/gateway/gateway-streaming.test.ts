import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RawClient, requestOnce } from './testing/raw-client.ts';
import { says } from './testing/raw-model.ts';
import { AUTH, get, post, startSimple, until } from './testing/start-gateway.ts';

const CHUNKED = `POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Transfer-Encoding: chunked\r\n\r\n`;

describe('streams from the model', () => {
  it('pass on every event as it comes', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { port, model } = await startSimple(says(head));
    const client = await RawClient.connect(port);
    client.send(get());
    await client.received('\r\n\r\n');
    expect(client.pending).toMatch(/x-accel-buffering: no/i);
    const [socket] = model.sockets;
    for (const event of ['data: one\n\n', 'data: two\n\n']) {
      socket?.write(`${event.length.toString(16)}\r\n${event}\r\n`);
      await client.received(event);
    }
    socket?.write('0\r\n\r\n');
    expect((await client.response()).body).toBe('data: one\n\ndata: two\n\n');
  });

  it('of 20 MB arrive octet for octet, chunked or by length', async () => {
    const block = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
    const { port, model } = await startSimple((request, socket) => {
      const chunked = request.path === '/chunked';
      socket.write(`HTTP/1.1 200 OK\r\n${chunked ? 'Transfer-Encoding: chunked' : 'Content-Length: 20000000'}\r\n\r\n`);
      for (let i = 0; i < 200; i += 1) {
        if (chunked) socket.write(`${block.length.toString(16)}\r\n`);
        socket.write(block);
        if (chunked) socket.write('\r\n');
      }
      if (chunked) socket.write('0\r\n\r\n');
    });
    const expected = createHash('sha256');
    for (let i = 0; i < 200; i += 1) expected.update(block);
    const digest = expected.digest('hex');
    for (const path of ['/iris/chunked', '/iris/length']) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { 'api-key': 'primary-key-of-the-endpoint' },
      });
      const hash = createHash('sha256');
      for await (const bytes of response.body as ReadableStream<Uint8Array>) hash.update(bytes);
      expect(hash.digest('hex')).toBe(digest);
    }
    expect(model.connections).toBe(1);
  });

  it('stop at the model when the client does not read, and go on when it does', async () => {
    const total = 64 * 1024 * 1024;
    const { port, model } = await startSimple((_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      socket.write(Buffer.alloc(total));
    });
    const client = await RawClient.connect(port);
    client.socket.pause();
    client.send(get());
    await until(() => model.sockets.size === 1);
    const [socket] = model.sockets;
    // What has left the model fills the kernel's buffers of two connections and the little that is ours.
    expect(await untilSettled(() => socket?.writableLength ?? 0)).toBeGreaterThan(total / 2);
    client.socket.resume();
    await until(() => client.pending.length > total);
    expect(client.pending.length).toBeLessThan(total + 1000);
  });

  it('are cut when the model falls silent, and the client can tell', async () => {
    const { port, records } = await startSimple(
      says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'),
      {},
      { settings: { streamIdleTimeoutMs: 30 } },
    );
    const client = await RawClient.connect(port);
    const raw = await client.send(get()).untilEnd();
    expect(raw).toContain('part');
    expect(raw).not.toContain('\r\n0\r\n');
    expect((await records())[0]).toMatchObject({ status: 200, reason: 'upstream_closed' });
  });

  it('end at the model when the client leaves', async () => {
    const { port, model, records } = await startSimple(
      says('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'),
    );
    const client = await RawClient.connect(port);
    client.send(get());
    await client.received('part');
    client.socket.resetAndDestroy();
    await until(() => model.sockets.size === 0);
    expect((await records())[0]).toMatchObject({ status: 499, reason: 'client_gone' });
  });
});

describe('bodies from the client', () => {
  it.each([['by length'], ['chunked']])('of 20 MB %s arrive octet for octet', async (framing) => {
    const block = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251)).toString('latin1');
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    const chunked = framing === 'chunked';
    client.send(
      chunked
        ? CHUNKED
        : `POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: ${block.length * 100}\r\n\r\n`,
    );
    for (let i = 0; i < 100; i += 1) client.send(chunked ? `${block.length.toString(16)}\r\n${block}\r\n` : block);
    if (chunked) client.send('0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    const { body } = await model.seen(1);
    const hash = createHash('sha256');
    for (let i = 0; i < 100; i += 1) hash.update(Buffer.from(block, 'latin1'));
    expect(createHash('sha256').update(Buffer.from(body, 'latin1')).digest('hex')).toBe(hash.digest('hex'));
  });

  it('stop at the client when the model does not read', async () => {
    const total = 64 * 1024 * 1024;
    const { port, model } = await startSimple();
    const client = await RawClient.connect(port);
    client.send(`POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: ${total}\r\n\r\n`);
    await until(() => model.sockets.size === 1);
    for (const socket of model.sockets) socket.pause();
    client.socket.write(Buffer.alloc(total));
    expect(await untilSettled(() => client.socket.writableLength)).toBeGreaterThan(total / 2);
    for (const socket of model.sockets) socket.resume();
    expect((await client.response()).status).toBe(200);
  });

  it('that are larger than the endpoint takes are refused, announced or not', async () => {
    const { port, model } = await startSimple(undefined, {
      limits: { requestsPerSecond: null, concurrency: null, maxBodyBytes: 10 },
    });
    expect((await requestOnce(port, post('x'.repeat(11)))).status).toBe(413);
    expect((await requestOnce(port, `${CHUNKED}6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n`)).status).toBe(413);
    expect((await requestOnce(port, post('x'.repeat(10)))).status).toBe(200);
    expect(model.requests).toHaveLength(1);
  });

  it('that stop coming are answered with 408, and the model’s connection is cut', async () => {
    const { port, model } = await startSimple(undefined, {}, { settings: { bodyIdleTimeoutMs: 30 } });
    const client = await RawClient.connect(port);
    const answer = await client.request(
      `POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: 10\r\n\r\nhalf`,
    );
    expect([answer.status, answer.field('connection')]).toEqual([408, 'close']);
    await until(() => model.sockets.size === 0);
  });

  it('that break off free the model at once', async () => {
    const { port, model, records } = await startSimple();
    const client = await RawClient.connect(port);
    client.send(`POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: 10\r\n\r\nhalf`);
    await until(() => model.sockets.size === 1);
    client.socket.end();
    await until(() => model.sockets.size === 0);
    expect((await records())[0]).toMatchObject({ status: 499, reason: 'client_gone' });
  });

  it('need not be read by a model that answers early: the answer arrives and the connection closes', async () => {
    const { port, model } = await startSimple();
    model.onBytes = (socket, text) => {
      if (text.includes('\r\n\r\n')) socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
      model.onBytes = null;
    };
    const client = await RawClient.connect(port);
    client.send(`POST /iris/score HTTP/1.1\r\nHost: a\r\n${AUTH}Content-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
    const answer = await client.response();
    expect([answer.status, answer.body, answer.field('connection')]).toEqual([413, 'big', 'close']);
    await until(() => model.sockets.size === 0);
  });

  it('of a refused request are skipped when they are small, so that the connection goes on', async () => {
    const { port } = await startSimple();
    const client = await RawClient.connect(port);
    client.send('POST /nobody HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    expect((await client.response()).status).toBe(404);
    client.send('+other');
    expect((await client.request(get())).status).toBe(200);
  });
});

describe('a client that ends its side', () => {
  it('after a whole request still gets its answer', async () => {
    const { port, model } = await startSimple(() => undefined);
    const client = await RawClient.connect(port);
    client.send(post());
    client.socket.end();
    const seen = await model.seen(1);
    for (const socket of model.sockets) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate');
    expect(seen.method).toBe('POST');
    expect((await client.response()).body).toBe('late');
  });

  it('and is gone altogether, is noticed while the model works', async () => {
    const { port, model, records } = await startSimple(() => undefined);
    const client = await RawClient.connect(port);
    client.send(post());
    await model.seen(1);
    client.socket.destroy();
    await until(() => model.sockets.size === 0);
    expect((await records())[0]).toMatchObject({ status: 499, reason: 'client_gone' });
  });
});

describe('time-outs of a client', () => {
  it('answer 408 to a head that does not come to its end', async () => {
    const { port } = await startSimple(undefined, {}, { settings: { requestHeadTimeoutMs: 30 } });
    const client = await RawClient.connect(port);
    const answer = await client.request('POST /iris/score HTTP/1.1\r\n');
    expect([answer.status, answer.field('connection')]).toEqual([408, 'close']);
  });

  it('close an idle connection without a word', async () => {
    const { port } = await startSimple(undefined, {}, { settings: { keepAliveTimeoutMs: 500 } });
    const client = await RawClient.connect(port);
    expect((await client.request(get())).status).toBe(200);
    expect(await client.untilEnd()).toBe('');
  });
});

/** The value at which something stays for 20 looks. */
async function untilSettled(look: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 20;) {
    const value = look();
    same = value === last ? same + 1 : 0;
    last = value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return last;
}
