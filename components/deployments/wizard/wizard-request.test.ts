import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FIRST_SAMPLE_HREF } from '../../endpoints/first-sample.ts';
import { emptyForm } from './wizard-form.ts';
import { applyRequest } from './wizard-request.ts';

const form = emptyForm('1');

function requestOf(href: string) {
  return Object.fromEntries(new URL(href, 'http://studio').searchParams);
}

describe('an address of the wizard', () => {
  test('that offers the sample chooses one that is bundled', () => {
    const { tab, model } = applyRequest(form, requestOf(FIRST_SAMPLE_HREF));
    const catalogue = JSON.parse(readFileSync('samples/catalog.json', 'utf8')) as {
      items: { model_name: string; versions: { id: string }[] }[];
    };
    const bundled = catalogue.items.flatMap((item) =>
      item.versions.map(({ id }) => ({ kind: 'sample', id, name: item.model_name })),
    );
    expect(tab).toBe('sample');
    expect(bundled).toContainEqual(model);
  });

  test('that names a registered version chooses it', () => {
    expect(applyRequest(form, { mode: 'lowcode', model: 'iris:2' })).toMatchObject({
      method: 'low-code',
      tab: 'registered',
      model: { kind: 'registered', name: 'iris', version: '2' },
    });
  });

  test('that cannot be read leaves the form as it is', () => {
    expect(applyRequest(form, { mode: 'other', model: 'iris', source: 'nowhere' })).toEqual(form);
  });
});
