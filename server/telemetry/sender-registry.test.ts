import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SenderRegistry } from './sender-registry.ts';

test('a batch counts once, however often and in whatever order it comes within the window', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 400 }), fc.nat(400), (sequences, restartAfter) => {
      let registry = new SenderRegistry();
      const accepted: number[] = [];
      for (const [index, sequence] of sequences.entries()) {
        if (index === restartAfter) {
          const next = new SenderRegistry();
          next.restore(registry.snapshot(), index);
          registry = next;
        }
        if (registry.accept('worker', sequence, 0, index)) accepted.push(sequence);
      }
      expect(accepted.toSorted((a, b) => a - b)).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
    }),
  );
});

test('a batch from far before the newest counts as a repeat', () => {
  const registry = new SenderRegistry();
  registry.accept('worker', 1000, 0, 0);
  expect(registry.accept('worker', 1000 - 256, 0, 0)).toBe(false);
  expect(registry.accept('worker', 1000 - 255, 0, 0)).toBe(true);
});

test('senders are forgotten oldest first, their losses are not', () => {
  const registry = new SenderRegistry();
  for (let life = 0; life < 1500; life += 1) registry.accept(`worker-${life}`, 0, 1, life);
  const { total, senders } = registry.droppedBySenders();
  expect(total).toBe(1500);
  expect(senders.length).toBeLessThanOrEqual(1024);
  expect(senders.at(-1)!.source).toBe('worker-1499');
});
