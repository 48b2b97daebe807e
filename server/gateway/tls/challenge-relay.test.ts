import { expect, it } from 'vitest';
import type { Challenge } from '#server/routing/gateway-link.ts';
import { ChallengeRelay } from './challenge-relay.ts';

const CHALLENGE: Challenge = { kind: 'http-01', token: 't', keyAuthorization: 't.k' };

function startRelay() {
  const told: [worker: number, id: string][] = [];
  const relay = new ChallengeRelay((worker, message) => {
    if (message.type === 'challenges') told.push([worker, message.id]);
  });
  const confirmed: string[] = [];
  const begin = (id: string, workers: number[], challenges = [CHALLENGE]): void =>
    relay.begin(id, challenges, workers, () => confirmed.push(id));
  return { relay, told, confirmed, begin };
}

it('a challenge is confirmed once, when every worker answers it', () => {
  const { relay, told, confirmed, begin } = startRelay();
  begin('a', [1, 2]);
  expect(told).toEqual([
    [1, 'a'],
    [2, 'a'],
  ]);
  relay.onAnswering(1, 'a');
  relay.onAnswering(1, 'a');
  expect(confirmed).toEqual([]);
  relay.onAnswering(2, 'a');
  relay.onAnswering(2, 'a');
  expect(confirmed).toEqual(['a']);
});

it('a worker that dies is waited for no longer, and one that starts answers too', () => {
  const { relay, told, confirmed, begin } = startRelay();
  begin('a', [1, 2]);
  relay.onAnswering(1, 'a');
  relay.onForked(3);
  relay.onGone(2);
  expect(confirmed).toEqual(['a']);
  expect(told.at(-1)).toEqual([3, 'a']);
});

it('an answer to earlier challenges confirms none that came later', () => {
  const { relay, confirmed, begin } = startRelay();
  begin('a', [1]);
  begin('b', [1], []);
  relay.onAnswering(1, 'a');
  expect(confirmed).toEqual([]);
  relay.onAnswering(1, 'b');
  expect(confirmed).toEqual(['b']);
});

it('without a worker there is nothing to wait for, and without a challenge nothing to tell a new one', () => {
  const { relay, told, confirmed, begin } = startRelay();
  begin('a', [], []);
  relay.onForked(1);
  expect(confirmed).toEqual(['a']);
  expect(told).toEqual([]);
});
