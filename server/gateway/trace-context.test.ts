import { describe, expect, it } from 'vitest';
import { continueTrace } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('a trace', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, '01'],
    [`00-${TRACE}-${SPAN}-00`, '00'],
    [`00-${TRACE}-${SPAN}-03`, '01'],
    [`cc-${TRACE}-${SPAN}-01-what-comes-later`, '01'],
  ])('%s goes on with a new span', (received, flags) => {
    const { traceparent, continued } = continueTrace(received);
    expect(continued).toBe(true);
    expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
    expect(traceparent).not.toContain(SPAN);
  });

  it.each([
    '',
    `00-${TRACE}-${SPAN}`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `0-${TRACE}-${SPAN}-01`,
  ])('%j starts anew', (received) => {
    const { traceparent, continued } = continueTrace(received);
    expect(continued).toBe(false);
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(traceparent).not.toContain(TRACE);
  });
});
