import { join } from 'node:path';
import { Readable } from 'node:stream';
import { armKillPoints, installKillPoints, passedKillPoints } from './kill-points.ts';

/**
 * Uploads, fetches, registers and deletes models in a data directory, as a process of its own, and ends. Started by the test of the sweep:
 * `node keep-files-once.ts <data dir> <work|none> <kill at>`; `none` only starts, which sweeps. Prints the number of points that it passed.
 */
installKillPoints();
const [dataDirRoot = '', intent = 'none', killAt = '0'] = process.argv.slice(2);

const { composeModels } = await import('#server/bin/control-plane/compose-models.ts');
const { controlPlaneSettings } = await import('#server/bin/control-plane/process-settings.ts');
const { NO_PRECONDITION } = await import('#server/commands/check-precondition.ts');
const { deleteModelVersion } = await import('#server/commands/delete-model.ts');
const { registerModelVersion } = await import('#server/commands/register-model-version.ts');
const { SYSTEM_ACTOR } = await import('#server/domain/actor.ts');
const { parseConfig } = await import('#server/kernel/config.ts');
const { ensureDataDir } = await import('#server/kernel/data-dir.ts');
const { createLogger } = await import('#server/kernel/logger.ts');
const { DEFAULT_UPLOAD_LIMITS } = await import('#server/models/upload-receiver.ts');
const { startFileServer } = await import('#server/models/remote/file-server-fixture.ts');
const { findOperation } = await import('#server/store/operation-store.ts');
const { openDatabase } = await import('#server/store/database.ts');
const { eventually } = await import('./eventually.ts');
const { withKillPoints } = await import('./kill-points.ts');

const dataDir = ensureDataDir(dataDirRoot);
const database = withKillPoints(openDatabase(dataDir.database));
const root = join(import.meta.dirname, '..', '..');
armKillPoints(Number(killAt));
const models = await composeModels(
  database,
  {
    dataDir,
    root,
    allowedRoots: [],
    limits: DEFAULT_UPLOAD_LIMITS,
    remote: {
      settings: parseConfig(controlPlaneSettings, { VIRIDIAN_EXTERNAL_ALLOW: '127.0.0.0/8' }),
      lookup: undefined,
    },
  },
  createLogger('sweep', 'error'),
);
const context = { ...models.context, database };

if (intent === 'work') {
  const upload = async (): Promise<string> => {
    const bytes = Readable.from([Buffer.from('not a model, and kept as it is')]);
    return (await context.uploads.receiveOneShot({ filename: 'notes.bin', unpack: false, sizeBytes: null }, bytes)).id;
  };
  const first = await upload();
  const register = (id: string) =>
    registerModelVersion(context, SYSTEM_ACTOR, { name: 'notes', written: { path: `upload:${id}` } });
  const { version } = await register(first);
  await register(await upload());
  await deleteModelVersion(context, SYSTEM_ACTOR, { name: 'notes', version, precondition: NO_PRECONDITION });
  await context.uploads.remove(first);
  await fetchModel();
}
/** Registers a model from a server of this process, and waits for the end. */
async function fetchModel(): Promise<void> {
  const server = await startFileServer();
  server.files.set('/model.bin', { bytes: Buffer.from('not a model either') });
  const written = { path: `${server.url}/model.bin` };
  const { id } = await models.context.imports.begin(SYSTEM_ACTOR, { name: 'fetched', written });
  await eventually(
    async () => (await findOperation(database, id))?.status === 'succeeded' || null,
    'the fetched model',
    60_000,
  );
  await server.stop();
}

await models.stop();
database.close();
process.stdout.write(`${passedKillPoints()}\n`);
process.exit(0);
