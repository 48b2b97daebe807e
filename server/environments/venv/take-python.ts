import { AppError } from '#server/kernel/app-error.ts';
import { choosePython, parsePythonWish, type PythonWish } from '../python-requirements/python-version.ts';
import type { Interpreter } from './find-interpreters.ts';
import type { PythonToolchain, ToolUser } from './python-toolchain.ts';

const FETCH_TIMEOUT_MS = 10 * 60_000;
/** What is fetched for a model that asks for none, on a host without Python. */
const USUAL_PYTHON = '3.12';

export interface TakenPython {
  python: Interpreter;
  warnings: string[];
}

/**
 * The interpreter for what somebody asks for: one of this host, else one that uv fetches where it may, else the nearest with a warning.
 * @throws AppError `deployment.python_unavailable` when there is none at all
 */
export async function takePython(
  wanted: string | null,
  tools: PythonToolchain,
  user: ToolUser,
  { mayFetch } = { mayFetch: tools.settings.VIRIDIAN_PYTHON_DOWNLOADS === 'auto' },
): Promise<TakenPython> {
  const wish = parsePythonWish(wanted);
  const here = choosePython(wish, await tools.interpreters(user));
  if (here.kind === 'match') return { python: here.python, warnings: [] };
  if (mayFetch && (await fetchPython(wish, tools, user))) {
    const fetched = choosePython(wish, await tools.interpreters(user, { again: true }));
    if (fetched.kind === 'match') return { python: fetched.python, warnings: [] };
  }
  const why = mayFetch ? 'and could not be fetched' : 'and may not be fetched (VIRIDIAN_PYTHON_DOWNLOADS)';
  if (here.kind === 'none') {
    throw new AppError(
      'deployment.python_unavailable',
      `There is no Python ${wish.text || '3'} on this host, ${why}. Install one (on Debian: apt install python3) and deploy again.`,
    );
  }
  const taken = here.python.version.join('.');
  return {
    python: here.python,
    warnings: [
      `Python ${wish.text} is not on this host ${why}: Python ${taken} is used. A pickle made by another version may not load.`,
    ],
  };
}

async function fetchPython(wish: PythonWish, tools: PythonToolchain, user: ToolUser): Promise<boolean> {
  const request = wish.text === '' || wish.text === '3' ? USUAL_PYTHON : wish.text;
  user.onLine(`Fetching Python ${request}`);
  const end = await tools.uv(['python', 'install', '--no-bin', request], user, FETCH_TIMEOUT_MS);
  return end.status === 0;
}
