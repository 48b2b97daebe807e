import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { formatImageReference, parseImageReference, type ImageReference } from './image-reference.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}`;

const read: [string, ImageReference][] = [
  ['debian', { registry: 'docker.io', repository: 'library/debian', tag: 'latest', digest: null }],
  ['debian:bookworm-slim', { registry: 'docker.io', repository: 'library/debian', tag: 'bookworm-slim', digest: null }],
  ['pytorch/torchserve', { registry: 'docker.io', repository: 'pytorch/torchserve', tag: 'latest', digest: null }],
  [
    'index.docker.io/library/debian:12',
    { registry: 'docker.io', repository: 'library/debian', tag: '12', digest: null },
  ],
  ['docker.io/debian', { registry: 'docker.io', repository: 'library/debian', tag: 'latest', digest: null }],
  [
    'mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest',
    {
      registry: 'mcr.microsoft.com',
      repository: 'azureml/minimal-ubuntu22.04-py39-cpu-inference',
      tag: 'latest',
      digest: null,
    },
  ],
  ['localhost/a', { registry: 'localhost', repository: 'a', tag: 'latest', digest: null }],
  ['localhost:5000/a/b__c:v1', { registry: 'localhost:5000', repository: 'a/b__c', tag: 'v1', digest: null }],
  ['REGISTRY.Example.com/a:B', { registry: 'registry.example.com', repository: 'a', tag: 'B', digest: null }],
  ['[::1]:5000/a', { registry: '[::1]:5000', repository: 'a', tag: 'latest', digest: null }],
  [`ghcr.io/o/r@${DIGEST}`, { registry: 'ghcr.io', repository: 'o/r', tag: null, digest: DIGEST }],
  [`ghcr.io/o/r:1@${DIGEST}`, { registry: 'ghcr.io', repository: 'o/r', tag: '1', digest: DIGEST }],
  ['a---b.c_d', { registry: 'docker.io', repository: 'library/a---b.c_d', tag: 'latest', digest: null }],
];

test.each(read)('%s is read', (text, reference) => {
  expect(parseImageReference(text)).toEqual({ kind: 'reference', reference });
});

const refused: [string, RegExp][] = [
  ['', /Name an image/],
  [' debian', /no spaces/],
  ['debian\n', /no spaces/],
  ['deb\u0000ian', /control/],
  ['https://docker.io/debian', /not a URL/],
  ['docker://debian', /not a URL/],
  ['Debian', /lower case/],
  ['ghcr.io/Owner/repo', /lower case/],
  ['debian:', /not a tag/],
  ['debian:-x', /not a tag/],
  [`debian:${'a'.repeat(129)}`, /not a tag/],
  ['debian:a:b', /not a tag/],
  ['debian@latest', /digest/],
  ['debian@sha256:abc', /digest/],
  [`debian@${DIGEST.toUpperCase()}`, /digest/],
  [`debian@${DIGEST}@${DIGEST}`, /one "@"/],
  ['ghcr.io/', /missing/],
  ['ghcr.io//a', /empty part/],
  ['/a', /missing/],
  ['a..b', /not allowed/],
  ['../etc', /not a registry/],
  ['a/../b', /not allowed/],
  ['-a', /not allowed/],
  ['a;rm -rf', /no spaces/],
  ['a$(x)', /not allowed/],
  ['--privileged', /not allowed/],
  ['host:99999/a', /not a registry/],
  ['host:0/a', /not a registry/],
  ['us er@host/a', /no spaces/],
  ['user:pw@ghcr.io/a', /digest/],
  ['_bad_.example.com/a', /not a registry/],
  ['0a'.repeat(32), /id of an image/],
  ['a'.repeat(260), /255/],
];

test.each(refused)('%j is refused with its reason', (text, reason) => {
  const parsed = parseImageReference(text);
  expect(parsed).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
});

test('what is accepted is written in one way and read again as the same', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/);
  const host = fc.constantFrom('', 'docker.io/', 'localhost:5000/', 'Registry.example.com:443/');
  const tag = fc.constantFrom('', ':1', ':v1.2-x_y');
  const digest = fc.constantFrom('', `@${DIGEST}`);
  const written = fc.tuple(host, fc.array(component, { minLength: 1, maxLength: 4 }), tag, digest);
  fc.assert(
    fc.property(written, ([registry, path, tagText, digestText]) => {
      const parsed = parseImageReference(`${registry}${path.join('/')}${tagText}${digestText}`);
      if (parsed.kind === 'refused') throw new Error(parsed.reason);
      expect(parseImageReference(formatImageReference(parsed.reference))).toEqual(parsed);
    }),
  );
});

test('no text makes the parser throw, and what it accepts holds nothing but the grammar', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const parsed = parseImageReference(text);
      const shown = parsed.kind === 'reference' ? formatImageReference(parsed.reference) : 'refused';
      expect(shown).toMatch(/^[A-Za-z0-9._:/@[\]-]+$/);
    }),
  );
});
