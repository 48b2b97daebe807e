import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../gateway-answer.ts';
import { encodeGrpcMessage, grpcStatusOfAnswer, httpStatusOfGrpc, isGrpcType, parseGrpcTimeout } from './grpc.ts';

describe('a content type', () => {
  it.each(['application/grpc', 'application/grpc+proto', 'Application/gRPC;a=b', 'application/grpc+json'])(
    '%s is gRPC',
    (type) => expect(isGrpcType(type)).toBe(true),
  );
  it.each(['application/grpc-web', 'application/grpc-web+proto', 'application/grpcx', 'text/plain', ''])(
    '%s is not',
    (type) => expect(isGrpcType(type)).toBe(false),
  );
});

describe('a grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['50m', 50],
    ['500u', 0.5],
    ['1000n', 0.001],
    ['99999999S', 99_999_999_000],
  ])('of %s is %d ms', (value, ms) => expect(parseGrpcTimeout(value)).toBeCloseTo(ms, 9));

  it.each([null, '', '1', 'S', '-1S', '1.5S', '123456789S', '1s', '1S '])('%s is none', (value) => {
    expect(parseGrpcTimeout(value)).toBeNull();
  });
});

describe('statuses', () => {
  it.each([
    ['unauthorized', 16],
    ['privateNetwork', 7],
    ['noRoute', 5],
    ['unknownDeployment', 5],
    ['upstreamUnreachable', 14],
    ['starting', 14],
    ['connectTimeout', 4],
    ['loop', 13],
    ['clientRequestId', 3],
    ['deadlineExceeded', 4],
  ] as const)('the answer "%s" is %d in gRPC', (name, code) => expect(grpcStatusOfAnswer(ANSWERS[name])).toBe(code));

  it('keep a deadline a deadline where an endpoint maps it to another status of HTTP', () => {
    expect(grpcStatusOfAnswer({ ...ANSWERS.deadlineExceeded, status: 424 })).toBe(4);
  });

  it.each([
    ['0', 200],
    ['1', 499],
    ['3', 400],
    ['5', 404],
    ['8', 429],
    ['14', 503],
    ['16', 401],
    ['17', 500],
    ['x', 500],
  ])('%s of a model counts as %d', (grpc, http) => expect(httpStatusOfGrpc(grpc)).toBe(http));
});

describe('a message', () => {
  it('is percent-encoded where it is no visible ASCII', () => {
    expect(encodeGrpcMessage('100 % of "é"\r\n')).toBe('100 %25 of "%C3%A9"%0D%0A');
    expect(decodeURIComponent(encodeGrpcMessage('größer → 5 %'))).toBe('größer → 5 %');
  });
});
