// Shared by `npm start` and `npm test`. Plain JavaScript on purpose: it runs on whatever Node the machine has, before the pinned one is there.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The pinned Node 24 that comes as a development dependency. */
export const pinnedNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

/** Compiled code of the programs that run on the pinned Node. */
export const compileCache = join(root, 'node_modules', '.cache', 'compile');

const MINIMUM_NODE_MAJOR = 20;
const installedMark = join(root, 'node_modules', '.viridian-installed');

/** What the studio's build depends on; everything else can change without a new build. */
const STUDIO_SOURCES = [
  'app',
  'components',
  'lib',
  'server/studio',
  'server/kernel',
  'package-lock.json',
  'next.config.ts',
  'postcss.config.mjs',
  'tsconfig.json',
  'proxy.ts',
];

export function requireNode() {
  if (Number(process.versions.node.split('.')[0]) >= MINIMUM_NODE_MAJOR) return;
  console.error(`Viridian needs Node ${MINIMUM_NODE_MAJOR} or newer to set itself up; this is ${process.version}.`);
  process.exit(78);
}

/**
 * Installs the locked dependencies unless exactly these are there. Not `npm ci`, which refuses a lock file made where a registry does not serve the
 * optional packages of other platforms; `npm install` takes the locked versions, adds the optional ones of this platform, and with `--no-save`
 * leaves both files as they are.
 */
export async function ensureDependencies() {
  const wanted = digestOf(['package-lock.json', 'package.json']);
  if (existsSync(pinnedNode) && readOrEmpty(installedMark) === wanted) return;
  console.log('Installing dependencies…');
  // The pinned Node is a development dependency, which npm leaves out where NODE_ENV says production.
  await run('npm', ['install', '--include=dev', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installedMark, wanted);
}

/** Builds the studio unless the build at hand was made from these sources. */
export async function ensureStudioBuild() {
  const output = process.env.VIRIDIAN_NEXT_DIST_DIR ?? '.next';
  const mark = join(root, output, '.viridian-built-from');
  const wanted = digestOf(STUDIO_SOURCES);
  if (readOrEmpty(mark) === wanted) return;
  console.log('Building the studio (once for these sources)…');
  rmSync(mark, { force: true });
  await run(pinnedNode, [join(root, 'node_modules', 'next', 'dist', 'bin', 'next'), 'build'], {
    NEXT_TELEMETRY_DISABLED: '1',
  });
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, wanted);
}

/**
 * Compiles what runs in the background, in one process instead of in each: the compiler of TypeScript takes a process 27 MiB for as long as it runs.
 * A failure costs nothing but that.
 */
export async function ensureCompiled() {
  const mark = join(compileCache, '.viridian-compiled-from');
  const wanted = digestOf(['server', 'lib', 'drizzle'], (file) => file.endsWith('.ts'));
  if (readOrEmpty(mark) === wanted) return;
  const program = join(root, 'scripts', 'setup', 'compile-ahead.mjs');
  const status = await statusOf(pinnedNode, [program], { NODE_COMPILE_CACHE: compileCache });
  if (status === 0) writeFileSync(mark, wanted);
}

/** Runs a program with this terminal; a status other than 0 ends the set-up with it. */
export async function run(command, args, extraEnvironment = {}) {
  const status = await statusOf(command, args, extraEnvironment);
  if (status !== 0) process.exit(status);
}

/**
 * The exit status of a program that was run with this terminal.
 * @param limitMs after which it is ended with everything that it started, and has failed; it then has no standard input
 */
export function statusOf(command, args, extraEnvironment = {}, cwd = root, limitMs = null) {
  const isLimited = limitMs !== null;
  const child = spawn(command, args, {
    cwd,
    stdio: [isLimited ? 'ignore' : 'inherit', 'inherit', 'inherit'],
    detached: isLimited,
    env: { ...process.env, ...extraEnvironment },
  });
  const limit = isLimited ? setTimeout(endGroup, limitMs) : undefined;
  function endGroup() {
    console.error(`${command} has not come to its end within ${limitMs / 60_000} minutes: it is stopped.`);
    process.kill(-child.pid, 'SIGKILL');
  }
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      for (const name of signals) process.off(name, forward);
      resolve(signal === null ? (code ?? 1) : 1);
    });
  });
}

/** Changes with the content of files and folders. */
export function digestOf(paths, isCounted = () => true) {
  const hash = createHash('sha256');
  for (const path of paths)
    for (const file of listFiles(path).filter(isCounted))
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(root, file)))
        .update('\0');
  return hash.digest('hex');
}

function listFiles(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  try {
    return readdirSync(full, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => listFiles(join(path, entry.name)));
  } catch (error) {
    if (error.code === 'ENOTDIR') return /\.test\.tsx?$/.test(path) ? [] : [path];
    throw error;
  }
}

function readOrEmpty(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
