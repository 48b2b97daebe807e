import { describe, expect, it } from 'vitest';
import { identifyField, KNOWN_NAMES } from './field-names.ts';

function identify(name: string): number {
  return identifyField(Buffer.from(name, 'latin1'), 0, name.length);
}

describe('identifyField', () => {
  const named = KNOWN_NAMES.map((name, id): [string, number] => [name, id]).slice(1);

  it.each(named)('knows %s in any case', (name, id) => {
    expect([identify(name), identify(name.toUpperCase())]).toEqual([id, id]);
  });

  it.each(named.filter(([name]) => name.includes('-')))('tells %s from its twins with underscores', (name, id) => {
    expect(identify(name.replaceAll('-', '_'))).toBe(-id);
    expect(identify(name.replace('-', '_').toUpperCase())).toBe(-id);
  });

  it.each(named)('does not take other names for %s', (name) => {
    const last = name.slice(0, -1);
    expect([identify(`${name}x`), identify(`${last}~`), identify(`x${name}`), identify(last)]).toEqual([0, 0, 0, 0]);
  });
});
