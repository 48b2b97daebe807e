import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dialHttp2, predict } from '#server/gateway/testing/http2-client.ts';
import { fieldSection, frame, predictionFields, PREFACE, uint32 } from '#server/gateway/testing/http2-frames.ts';
import { startSimple, until } from '#server/gateway/testing/start-gateway.ts';

const streamId = fc.oneof(fc.constantFrom(0, 1, 3, 5, 7), fc.nat(40));
const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
const names = fc.constantFrom(
  'x-a',
  'te',
  'host',
  'cookie',
  'content-length',
  'expect',
  'content-type',
  ':path',
  'connection',
);
const values = fc.oneof(
  fc.constantFrom('1', 'trailers', '100-continue', 'application/grpc', '/iris/a', 'a=b', ''),
  fc.string({ maxLength: 20 }),
);

/** Frames as clients send them, and frames as nobody does. */
const anyFrame = fc.oneof(
  fc
    .tuple(streamId, fc.constantFrom(0, 1, 4, 5), fc.array(fc.tuple(names, values), { maxLength: 3 }))
    .map(([stream, flags, more]) => frame(1, flags, stream, fieldSection(predictionFields(...more)))),
  fc.tuple(streamId, fc.constantFrom(0, 1), octets(64)).map(([stream, flags, data]) => frame(0, flags, stream, data)),
  fc.tuple(streamId, fc.nat(14)).map(([stream, code]) => frame(3, 0, stream, uint32(code))),
  fc
    .tuple(fc.nat(8), fc.nat())
    .map(([id, value]) => frame(4, 0, 0, Buffer.concat([Buffer.from([0, id]), uint32(value)]))),
  fc.tuple(streamId, fc.nat()).map(([stream, size]) => frame(8, 0, stream, uint32(size))),
  fc
    .tuple(fc.nat(12), fc.nat(255), streamId, octets(40))
    .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)),
  octets(30),
);

it('no sequence of frames makes a fault of ours, leaves a request behind, or keeps others from being served', async () => {
  const { port, gateway } = await startSimple(
    undefined,
    {},
    { settings: { bodyIdleTimeoutMs: 200, lingerTimeoutMs: 5 } },
  );
  const faultless = dialHttp2(port);
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 25 }), async (frames) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
      socket.write(Buffer.concat([PREFACE, frame(4, 0, 0), ...frames]));
      expect((await predict(faultless)).status).toBe(200);
      socket.destroy();
    }),
    { numRuns: 150 },
  );
  await until(() => gateway.core.routes.find('iris')?.state.inFlight === 0 && gateway.core.http2.size === 1);
  expect(gateway.core.counters.get('internal_errors')).toBe(0);
});
