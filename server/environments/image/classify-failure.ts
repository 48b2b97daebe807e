import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import { formatImageReference, type ImageReference } from '#lib/contracts/image-reference.ts';

/** Ends a build: what happened and what to do, with the code that the pages know. */
export class BuildFailedError extends Error {
  override readonly name = 'BuildFailedError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

interface Rule {
  code: ErrorCode;
  pattern: RegExp;
  detail: (image: string, registry: string, said: string, withCredentials: boolean) => string;
}

const NO_ROOM = /no space left on device|disk quota exceeded|not enough space/i;

/** First match wins: engines wrap a registry's words in their own, so that the narrow causes come before the wide ones. */
const PULL_RULES: readonly Rule[] = [
  {
    code: 'deployment.disk_full',
    pattern: NO_ROOM,
    detail: (image) =>
      `The disk of the Docker engine has no room for "${image}". Free space (docker system df shows what takes it) and try again.`,
  },
  {
    code: 'deployment.wrong_architecture',
    pattern: /no matching manifest|does not match the specified platform|no match for platform/i,
    detail: (image, _registry, said) =>
      `"${image}" is not published for the processor of this host. The engine says: ${said}`,
  },
  {
    code: 'deployment.registry_denied',
    pattern: /toomanyrequests|rate limit/i,
    detail: (_image, registry, said) =>
      `${registry} allows no more pulls for now. Store credentials for it, or wait. It says: ${said}`,
  },
  {
    code: 'deployment.registry_unreachable',
    pattern: /x509|certificate/i,
    detail: (_image, registry, said) =>
      `The Docker engine does not trust the certificate of ${registry}. Put its authority into /etc/docker/certs.d/${registry}/ca.crt on this host. It says: ${said}`,
  },
  {
    code: 'deployment.image_not_found',
    pattern:
      /manifest[^]*unknown|manifest[^]*not found|name unknown|repository name not known|: not found\b|no such image/i,
    detail: (image, registry) => `${registry} has no image "${image}". Check the name and the tag.`,
  },
  {
    code: 'deployment.registry_denied',
    pattern:
      /unauthorized|authentication required|incorrect username or password|no basic auth credentials|\b40[13]\b|forbidden|invalid credentials/i,
    detail: (_image, registry, _said, withCredentials) => denied(registry, withCredentials),
  },
  {
    code: 'deployment.registry_unreachable',
    pattern:
      /no such host|connection refused|i\/o timeout|handshake|network is unreachable|no route to host|HTTP response to HTTPS client|Client\.Timeout|deadline exceeded|connection reset|unexpected EOF|proxyconnect|50[0234]\b|\bEOF\b/i,
    detail: (_image, registry, said) =>
      `The Docker engine does not reach ${registry}. Check the name, the network, and the engine's own proxy setting. It says: ${said}`,
  },
];

const denied = (registry: string, withCredentials: boolean): string =>
  withCredentials
    ? `${registry} refuses the stored credentials. Correct them under Admin, Registries, and test them there.`
    : `${registry} asks for credentials, and none are stored for it. Add them under Admin, Registries.`;

/** What an engine's words about a pull mean. */
export function classifyPullFailure(
  reference: ImageReference,
  withCredentials: boolean,
  said: string,
): BuildFailedError {
  const image = formatImageReference(reference);
  const known = findPullRule(said, withCredentials);
  if (known !== null) {
    return new BuildFailedError(known.code, known.detail(image, reference.registry, said, withCredentials));
  }
  return new BuildFailedError('deployment.build_failed', `"${image}" could not be pulled. The engine says: ${said}`);
}

/** Docker Hub says the same of a private and of a missing image: with credentials it was the credentials, without it was most often the name. */
const HIDDEN: Rule = {
  code: 'deployment.image_not_found',
  pattern: /pull access denied|requested access to the resource is denied/i,
  detail: (image, registry) =>
    `${registry} has no image "${image}" that everybody may pull. Check the name; for a private image add credentials under Admin, Registries.`,
};

function findPullRule(said: string, withCredentials: boolean): Rule | null {
  const isHidden = HIDDEN.pattern.test(said) && !/authentication required|unauthorized/i.test(said);
  if (isHidden && !withCredentials) return HIDDEN;
  if (isHidden || /\bdenied\b/i.test(said)) {
    return {
      ...HIDDEN,
      code: 'deployment.registry_denied',
      detail: (_image, registry) => denied(registry, withCredentials),
    };
  }
  return PULL_RULES.find(({ pattern }) => pattern.test(said)) ?? null;
}

/**
 * What an engine's words about a build mean.
 * @param step what was under way, in words
 * @param pulling the image that the step pulls
 */
export function classifyBuildFailure(
  said: string,
  step: string | null,
  pulling: { reference: ImageReference; withCredentials: boolean } | null,
): BuildFailedError {
  if (NO_ROOM.test(said)) {
    const where = step === null ? '' : ` (${step})`;
    return new BuildFailedError(
      'deployment.disk_full',
      `The disk of the Docker engine is full${where}. Free space and build again.`,
    );
  }
  if (pulling !== null) return classifyPullFailure(pulling.reference, pulling.withCredentials, said);
  const buildKit = /requires BuildKit/i.test(said)
    ? ' Builds use the engine without BuildKit: write the step without its options.'
    : '';
  const where = step === null ? 'The build failed' : `${step} failed`;
  return new BuildFailedError('deployment.build_failed', `${where}: ${said}${buildKit}`);
}
