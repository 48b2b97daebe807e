// Makes the image that Dockerfiles and environments start from out of Debian's packages, for hosts that reach no registry; the tests use it too.
// Plain JavaScript, like its neighbours: it runs on whatever Node the machine has.
//
//   node scripts/setup/make-base-image.mjs [--tag debian:bookworm-slim] [--suite bookworm] [--mirror http://deb.debian.org/debian]
//                                          [--cache /var/cache/viridian-base-image.tar] [--refresh]
//
// Needs root, debootstrap and a Docker engine. What was made is kept as an archive and used again until --refresh.
import { spawn } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    tag: { type: 'string', default: 'debian:bookworm-slim' },
    suite: { type: 'string', default: 'bookworm' },
    mirror: { type: 'string', default: 'http://deb.debian.org/debian' },
    cache: { type: 'string', default: '/var/cache/viridian-base-image.tar' },
    refresh: { type: 'boolean', default: false },
  },
});

/** What Python environments need of the system: an interpreter, and the library that numerical packages share their threads with. */
const PACKAGES = ['ca-certificates', 'libgomp1', 'python3', 'python3-venv'];
/** Documentation and translations that no program reads, and what only the next installation needs. */
const LEFT_OUT = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'var/lib/apt/lists',
  'var/cache/apt',
];

const dockerHost = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
if (!dockerHost.startsWith('unix://')) fail(`The engine must be on this host: DOCKER_HOST is ${dockerHost}.`);
const socketPath = dockerHost.slice('unix://'.length);

if (!options.refresh && (await hasImage())) {
  console.log(`${options.tag} is there already.`);
} else {
  if (options.refresh || !existsSync(options.cache)) await makeArchive();
  await importArchive();
  console.log(`${options.tag} is made of ${options.cache}.`);
}

async function makeArchive() {
  if (process.getuid?.() !== 0) fail('debootstrap needs root. Run this command with sudo.');
  const work = mkdtempSync(join(tmpdir(), 'viridian-base-'));
  const root = join(work, 'root');
  try {
    const include = `--include=${PACKAGES.join(',')}`;
    await run('debootstrap', ['--variant=minbase', include, options.suite, root, options.mirror]);
    for (const folder of LEFT_OUT) rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, 'var/lib/apt/lists/partial'), { recursive: true });
    mkdirSync(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
    writeFileSync(join(root, 'etc/apt/sources.list'), sourcesList());
    const archive = join(work, 'base.tar');
    await run('tar', ['--numeric-owner', '--xattrs', '--one-file-system', '-C', root, '-cf', archive, '.']);
    mkdirSync(dirname(options.cache), { recursive: true });
    await run('cp', [archive, `${options.cache}.new`]);
    renameSync(`${options.cache}.new`, options.cache);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Security fixes have their own archive, which mirrors of the first do not carry. */
function sourcesList() {
  const lines = [`deb ${options.mirror} ${options.suite} main`, `deb ${options.mirror} ${options.suite}-updates main`];
  const isOfficial = new URL(options.mirror).hostname === 'deb.debian.org';
  if (isOfficial) lines.push(`deb http://deb.debian.org/debian-security ${options.suite}-security main`);
  return `${lines.join('\n')}\n`;
}

async function hasImage() {
  const { status } = await ask('GET', `/images/${options.tag}/json`);
  return status === 200;
}

/** Not loaded but imported: an archive of files works on every engine, and the date goes with it. */
async function importArchive() {
  const colon = options.tag.lastIndexOf(':');
  const query = new URLSearchParams({
    fromSrc: '-',
    repo: options.tag.slice(0, colon),
    tag: options.tag.slice(colon + 1),
  });
  query.append('changes', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  query.append('changes', 'CMD ["bash"]');
  const refreshedAt = statSync(options.cache).mtime.toISOString();
  query.append('changes', `LABEL io.viridian.image.base-refreshed="${refreshedAt}"`);
  const { status, body } = await ask('POST', `/images/create?${query}`, createReadStream(options.cache));
  if (status !== 200 || body.includes('"error"')) fail(`The engine did not take the archive: ${body}`);
}

/** One call of the engine's API. */
function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/x-tar' };
    const asked = request({ socketPath, method, path, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', (error) => fail(`The Docker engine at ${socketPath} does not answer: ${error.message}`));
    if (body === undefined) asked.end();
    else body.on('error', reject).pipe(asked);
  });
}

async function run(command, args) {
  await new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) =>
      fail(`${command} cannot be started (${error.message}). On Debian: apt install ${command}.`),
    );
    child.on('exit', (code) => (code === 0 ? resolve() : fail(`${command} ended with status ${code}.`)));
  });
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
