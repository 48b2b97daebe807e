import { expect, test } from 'vitest';
import { parseImageReference, type ImageReference } from '#lib/contracts/image-reference.ts';
import { classifyBuildFailure, classifyPullFailure } from './classify-failure.ts';

function referenceOf(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (parsed.kind === 'refused') throw new Error(parsed.reason);
  return parsed.reference;
}
const reference = referenceOf('registry.example.com/team/model:1');

/** Words of engines from 20.10 to 29. */
const said: [string, boolean, string][] = [
  [
    'manifest for registry.example.com/team/model:1 not found: manifest unknown: manifest unknown',
    false,
    'image_not_found',
  ],
  [
    'failed to resolve reference "registry.example.com/team/model:1": registry.example.com/team/model:1: not found',
    false,
    'image_not_found',
  ],
  ['name unknown: repository name not known to registry', false, 'image_not_found'],
  [
    "pull access denied for team/model, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    false,
    'image_not_found',
  ],
  [
    "pull access denied for team/model, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    true,
    'registry_denied',
  ],
  [
    'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed: unauthorized: authentication required',
    false,
    'registry_denied',
  ],
  [
    'Head "https://registry.example.com/v2/team/model/manifests/1": unauthorized: authentication required',
    false,
    'registry_denied',
  ],
  ['Get "https://registry.example.com/v2/": no basic auth credentials', false, 'registry_denied'],
  ['unauthorized: incorrect username or password', true, 'registry_denied'],
  ['error parsing HTTP 403 response body: unexpected end of JSON input', true, 'registry_denied'],
  ['denied: requested access to the resource is denied', true, 'registry_denied'],
  ['toomanyrequests: You have reached your pull rate limit.', false, 'registry_denied'],
  [
    'Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com: no such host',
    false,
    'registry_unreachable',
  ],
  [
    'Get "https://registry.example.com/v2/": dial tcp 192.0.2.1:443: connect: connection refused',
    false,
    'registry_unreachable',
  ],
  ['Get "https://registry.example.com/v2/": net/http: TLS handshake timeout', false, 'registry_unreachable'],
  [
    'Get "https://registry.example.com/v2/": x509: certificate signed by unknown authority',
    false,
    'registry_unreachable',
  ],
  [
    'Get "https://registry.example.com/v2/": http: server gave HTTP response to HTTPS client',
    false,
    'registry_unreachable',
  ],
  ['received unexpected HTTP status: 503 Service Unavailable', false, 'registry_unreachable'],
  ['no matching manifest for linux/amd64 in the manifest list entries', false, 'wrong_architecture'],
  [
    'image with reference x was found but does not match the specified platform: wanted linux/amd64',
    false,
    'wrong_architecture',
  ],
  ['write /var/lib/docker/tmp/GetImageBlob123: no space left on device', false, 'disk_full'],
  [
    'failed to register layer: Error processing tar file(exit status 1): write /x: no space left on device',
    false,
    'disk_full',
  ],
  ['something that no engine has said yet', false, 'build_failed'],
];

test.each(said)('%j with credentials %j is %s', (words, withCredentials, code) => {
  const failure = classifyPullFailure(reference, withCredentials, words);
  expect(failure.code).toBe(`deployment.${code}`);
  expect(failure.message.length).toBeGreaterThan(40);
});

test('a missing credential and a wrong one lead to different things to do', () => {
  const words = 'unauthorized: authentication required';
  expect(classifyPullFailure(reference, false, words).message).toContain('Add them');
  expect(classifyPullFailure(reference, true, words).message).toContain('Correct them');
});

test('a step that fails is named, and a full disk is not taken for its fault', () => {
  const words = "The command '/bin/sh -c make' returned a non-zero code: 2";
  expect(classifyBuildFailure(words, 'Step 2/3: RUN make', null).message).toBe(`Step 2/3: RUN make failed: ${words}`);
  const full = 'write /x: no space left on device';
  expect(classifyBuildFailure(full, 'Step 2/3: RUN make', null).code).toBe('deployment.disk_full');
  const kit = 'the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/';
  expect(classifyBuildFailure(kit, null, null).message).toContain('without BuildKit');
});
