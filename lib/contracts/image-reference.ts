/** A container image as people name it, taken apart. */
export interface ImageReference {
  /** Host name with its port where one is written: `docker.io`, `localhost:5000`. */
  registry: string;
  /** `library/debian` */
  repository: string;
  /** Null where only a digest is written; `latest` where neither is. */
  tag: string | null;
  /** `sha256:…` */
  digest: string | null;
}

export type ParsedImageReference =
  | { kind: 'reference'; reference: ImageReference }
  | {
      kind: 'refused';
      /** A sentence for the field. */
      reason: string;
    };

const DEFAULT_REGISTRY = 'docker.io';
const MAX_NAME_CHARACTERS = 255;
const HOST_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const REGISTRY = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[0-9A-Fa-f:.]+\\])(?::([0-9]{1,5}))?$`);
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/**
 * Reads `[registry[:port]/]path[:tag][@digest]` by the grammar of the distribution project's `reference` package. The first part is a registry
 * only where it has a "." or ":" or is `localhost`; without one it is Docker Hub, whose one-part names are under `library/`.
 */
export function parseImageReference(text: string): ParsedImageReference {
  if (text === '') return refused('Name an image, such as "registry.example.com/team/model:1.0".');
  if (/[\s\p{Cc}]/u.test(text)) return refused('An image reference has no spaces and no control characters.');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return refused('Leave out the scheme: an image reference is not a URL.');
  const [beforeDigest = '', digest, ...more] = text.split('@');
  if (more.length > 0) return refused('Only one "@" may stand in an image reference, before the digest.');
  if (digest !== undefined && !DIGEST.test(digest)) {
    return refused('After "@" a digest must follow: "sha256:" and 64 hexadecimal digits in lower case.');
  }
  const { registry, rest } = splitRegistry(beforeDigest);
  if (!isRegistryHost(registry)) return refused(`"${registry}" is not a registry's host name.`);
  const colon = rest.indexOf(':');
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? null : rest.slice(colon + 1);
  if (tag !== null && !TAG.test(tag)) {
    return refused(`"${tag}" is not a tag: letters, digits, "_", "." and "-", 128 at most, not "." or "-" first.`);
  }
  return readPath(registry, path, tag, digest ?? null);
}

function readPath(registry: string, path: string, tag: string | null, digest: string | null): ParsedImageReference {
  for (const component of path.split('/')) {
    if (PATH_COMPONENT.test(component)) continue;
    if (component === '') return refused('The name of the image is missing, or has an empty part between two "/".');
    if (PATH_COMPONENT.test(component.toLowerCase())) {
      return refused(`"${component}" has capital letters; the name of an image is in lower case.`);
    }
    return refused(
      `"${component}" is not allowed in an image's name: lower-case letters and digits, joined by ".", "_" or "-".`,
    );
  }
  if (/^[0-9a-f]{64}$/.test(path)) {
    return refused('64 hexadecimal digits are the id of an image on one host; write its name and tag or digest.');
  }
  const repository = registry === DEFAULT_REGISTRY && !path.includes('/') ? `library/${path}` : path;
  if (registry.length + 1 + repository.length > MAX_NAME_CHARACTERS) {
    return refused(`The name of an image has ${MAX_NAME_CHARACTERS} characters at most.`);
  }
  const effectiveTag = tag ?? (digest === null ? 'latest' : null);
  return { kind: 'reference', reference: { registry, repository, tag: effectiveTag, digest } };
}

const refused = (reason: string): ParsedImageReference => ({ kind: 'refused', reason });

function splitRegistry(name: string): { registry: string; rest: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, slash);
  const isRegistry = slash !== -1 && (/[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  if (!isRegistry) return { registry: DEFAULT_REGISTRY, rest: name };
  return { registry: normalizeRegistryHost(first), rest: name.slice(slash + 1) };
}

/** Host name, or IPv6 address in brackets, with a port where one is written. */
export function isRegistryHost(text: string): boolean {
  const match = REGISTRY.exec(text);
  if (match === null) return false;
  const port = match[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

/** One spelling for each registry: lower case, and one name for Docker Hub. */
export function normalizeRegistryHost(host: string): string {
  const lower = host.toLowerCase();
  return lower === 'index.docker.io' || lower === 'registry-1.docker.io' ? DEFAULT_REGISTRY : lower;
}

/** Registry and repository, without tag and digest. */
export const imageName = ({ registry, repository }: ImageReference): string => `${registry}/${repository}`;

/** The whole reference; the digest decides where both are there. */
export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${imageName(reference)}${tag}${digest}`;
}
