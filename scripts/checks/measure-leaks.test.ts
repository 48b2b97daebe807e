import { expect, it } from 'vitest';
import { IDLE_UPSTREAM, measureLeaks } from './measure-leaks.ts';

it('20,000 requests of every kind leave nothing behind', { timeout: 120_000 }, async () => {
  const { samples, bytesPerRequest, moreDescriptors } = await measureLeaks(20_000);
  expect(samples.at(-1)?.requests).toBeGreaterThanOrEqual(20_000);
  // A leaked request is several hundred bytes; the noise of so few is some dozen.
  expect(bytesPerRequest).toBeLessThan(150);
  expect(moreDescriptors).toBeLessThanOrEqual(IDLE_UPSTREAM);
});
