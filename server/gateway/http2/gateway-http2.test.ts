import { describe, expect, it } from 'vitest';
import { dialHttp2, predict } from '#server/gateway/testing/http2-client.ts';
import { startSimple } from '#server/gateway/testing/start-gateway.ts';

describe('a request over HTTP/2', () => {
  it('is forwarded over HTTP/1.1 and answered as one over HTTP/1.1 would be', async () => {
    const { port, model, records } = await startSimple();
    const client = dialHttp2(port);
    const answer = await predict(client, { body: '{"a":1}', fields: { cookie: ['a=1', 'b=2'], 'x-mine': 'kept' } });
    expect(answer.status).toBe(200);
    expect(answer.field('azureml-model-deployment')).toBe('blue');
    expect(answer.field('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body).toBe('{"path":"/score"}');
    const seen = await model.seen(1);
    expect([seen.method, seen.path, seen.body]).toEqual(['POST', '/score', '{"a":1}']);
    expect(seen.field('cookie')).toBe('a=1; b=2');
    expect(seen.field('x-mine')).toBe('kept');
    expect(seen.field('via')).toBe('2.0 viridian');
    expect(seen.field('authorization')).toBeUndefined();
    expect(seen.field('x-forwarded-host')).toBe(`127.0.0.1:${port}`);
    expect((await records())[0]).toMatchObject({ endpoint: 'iris', deployment: 'blue', status: 200, reason: 'none' });
  });
});
