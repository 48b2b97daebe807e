import { parseImageReference, type ImageReference } from '#lib/contracts/image-reference.ts';

/** What is read of a Dockerfile before it is built; everything else is the engine's business. */
export interface DockerfileOutline {
  /** Images in FROM that are written out; those in variables and earlier stages are left out. */
  bases: ImageReference[];
  /** Names that ARG declares. */
  args: ReadonlySet<string>;
}

export function readDockerfile(text: string): DockerfileOutline {
  const instructions = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !line.startsWith('#'));
  const froms = instructions.flatMap((line) => readFrom(line) ?? []);
  const stages = new Set(froms.flatMap(({ stage }) => stage ?? []));
  return {
    bases: froms.filter(({ image }) => !stages.has(image)).flatMap(({ image }) => readBase(image) ?? []),
    args: new Set(instructions.flatMap((line) => /^ARG\s+([A-Za-z_]\w*)/i.exec(line)?.[1] ?? [])),
  };
}

/** The image of a FROM instruction, as it is written. */
export function readFrom(instruction: string): { image: string; stage: string | null } | null {
  const match = /^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(instruction);
  return match?.[1] === undefined ? null : { image: match[1], stage: match[2] ?? null };
}

/** Null for `scratch`, for variables, and for what is no reference: the engine says what is wrong with it. */
export function readBase(image: string): ImageReference | null {
  if (image === 'scratch' || image.includes('$')) return null;
  const parsed = parseImageReference(image);
  return parsed.kind === 'reference' ? parsed.reference : null;
}
