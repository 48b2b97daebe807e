import { posix } from 'node:path';
import type { EnsureOutcome } from '../runtime-driver.ts';
import type { Engine, ImageProgram, PathFacts } from './engine.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Of Go's `os.FileMode`: the bits of kinds of files besides plain ones, of which links are followed. */
const KIND_BITS = 0x8f280000;
const LINK_BIT = 0x08000000;
const EXECUTE_BITS = 0o111;

const MOST_LINKS = 8;

export interface ProgramQuestion {
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
}

/**
 * Why a program cannot be started in a container that has been created, or null. Looked up before the start, because the first process of a container
 * is an init, whose failure to find its program looks like the program's own end.
 */
export async function findProgramFault(
  engine: Pick<Engine, 'statPath'>,
  containerId: string,
  image: ImageProgram,
  question: ProgramQuestion,
): Promise<Extract<EnsureOutcome, { kind: 'refused' }> | null> {
  const [program] = question.command.length > 0 ? question.command : [...image.entrypoint, ...image.command];
  if (program === undefined) {
    const detail = 'The image does not say what to run, and the deployment has no command.';
    return { kind: 'refused', code: 'deployment.command_not_found', detail };
  }
  const places = program.includes('/')
    ? [posix.resolve('/', image.workingDir, program)]
    : searchPath(image, question).map((folder) => posix.join(folder, program));
  let denied: string | null = null;
  for (const place of places) {
    const facts = await followLinks(engine, containerId, place);
    if (facts === null || (facts.mode & KIND_BITS) !== 0) continue;
    if ((facts.mode & EXECUTE_BITS) !== 0) return null;
    denied ??= place;
  }
  if (denied !== null) {
    const detail = `${denied} in the image is not executable. Give it the permission in the Dockerfile: RUN chmod +x ${denied}.`;
    return { kind: 'refused', code: 'deployment.command_not_executable', detail };
  }
  const where = program.includes('/')
    ? `${places[0]} is not in the image.`
    : `"${program}" is in none of ${searchPath(image, question).join(':')} of the image.`;
  return { kind: 'refused', code: 'deployment.command_not_found', detail: `The command cannot be run: ${where}` };
}

function searchPath(image: ImageProgram, { environment }: ProgramQuestion): string[] {
  const ofImage = image.environment.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length);
  return (environment['PATH'] ?? ofImage ?? DEFAULT_PATH).split(':').filter((folder) => folder.startsWith('/'));
}

/** The engine resolves links on the way to a file, and of the last says where it leads. */
async function followLinks(
  engine: Pick<Engine, 'statPath'>,
  containerId: string,
  path: string,
): Promise<PathFacts | null> {
  let at = path;
  for (let step = 0; step < MOST_LINKS; step += 1) {
    const facts = await engine.statPath(containerId, at);
    if (facts === null || (facts.mode & LINK_BIT) === 0) return facts;
    at = posix.resolve(posix.dirname(at), facts.linkTarget);
  }
  return null;
}
