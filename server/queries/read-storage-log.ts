import type { DeploymentKey, DeploymentRecord, DeploymentSpec } from '#server/domain/deployment.ts';
import type { ModelVersionRecord } from '#server/domain/model.ts';
import { deploymentPath } from '#server/domain/resource-path.ts';
import { formatInstant } from '#server/kernel/clock.ts';
import type { Database, Reader } from '#server/store/database.ts';
import { listInstances } from '#server/store/instance-store.ts';
import { findModelVersion } from '#server/store/model-store.ts';

/** A line of what an instance was given to read before it started. */
export interface StorageLine {
  /** Position that resumes the log. */
  cursor: string;
  at: string;
  instance: string;
  text: string;
}

/** Files of a model that are named one by one; the rest is counted. */
const LISTED_FILES = 200;

/**
 * What each instance was given before it started: the files of its model with sizes and hashes, its code, and where it finds them. It follows from
 * the spec that the instance was made with, so it says the same after a restart. Of a deployment without instances, what the next would be given.
 */
export async function readStorageLog(
  reader: Reader,
  deployment: DeploymentRecord,
  only: string | undefined,
): Promise<StorageLine[]> {
  const instances = await listInstances(reader, deployment.endpointName, deployment.name);
  const next = { id: 'next', spec: deployment.spec, createdAt: deployment.updatedAt };
  const given = instances.length === 0 ? [next] : instances.filter(({ id }) => only === undefined || id === only);
  const lines = given.map(async ({ id, spec, createdAt }) => {
    const texts = describeStorage(spec, await findModel(reader, spec));
    const at = formatInstant(createdAt);
    return texts.map((text, index) => ({ cursor: `${createdAt}.${id}.${index}`, at, instance: id, text }));
  });
  return (await Promise.all(lines)).flat();
}

export interface FollowStorageLog {
  database: Database;
  key: DeploymentKey;
  read: () => Promise<StorageLine[]>;
  /** Lines that are not told again. */
  known: readonly StorageLine[];
  onLine: (line: StorageLine) => void;
  signal: AbortSignal;
}

/** Calls back with the lines of instances that are made from now on, until the signal aborts or the deployment is gone. */
export async function followStorageLog({ database, key, ...follow }: FollowStorageLog): Promise<void> {
  const { read, onLine, signal } = follow;
  const told = new Set(follow.known.map(({ cursor }) => cursor));
  const resource = deploymentPath(key.endpointName, key.name);
  const ended = Promise.withResolvers<void>();
  const end = (): void => ended.resolve();
  let turn = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const line of await read()) {
      if (signal.aborted || told.has(line.cursor)) continue;
      told.add(line.cursor);
      onLine(line);
    }
  };
  const lookSoon = (): void => {
    turn = turn.then(look).catch(end);
  };
  const unsubscribe = database.onChanges((changes) => {
    if (changes.some((change) => change.resource === resource)) lookSoon();
  });
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  lookSoon();
  await ended.promise;
  unsubscribe();
  await turn;
}

const findModel = async (reader: Reader, { model }: DeploymentSpec): Promise<ModelVersionRecord | null> =>
  model === null ? null : findModelVersion(reader, model.name, model.version);

/** @param version null where there is no model, or its files are gone */
export function describeStorage(spec: DeploymentSpec, version: ModelVersionRecord | null): string[] {
  return [...describeModel(spec, version), ...describeCode(spec)];
}

function describeModel(spec: DeploymentSpec, version: ModelVersionRecord | null): string[] {
  const { model, container } = spec;
  if (model === null) return ['There is no model to provide.'];
  const name = `Model ${model.name}, version ${model.version}`;
  if (version === null) return [`${name} is not in the registry any more.`];
  const { files, sizeBytes, sha256 } = version;
  const listed = files
    .slice(0, LISTED_FILES)
    .map((file) => `${file.path}, ${file.size_bytes} bytes, sha256:${file.sha256}`);
  const where =
    container === undefined
      ? 'Read where the registry keeps it (AZUREML_MODEL_DIR); nothing was copied.'
      : `Mounted read-only at ${container.modelMountPath}/${model.name}/${model.version} (AZUREML_MODEL_DIR); nothing was copied.`;
  return [
    `${name}: ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${sizeBytes} bytes, sha256:${sha256}`,
    ...listed,
    ...(files.length > LISTED_FILES ? [`and ${files.length - LISTED_FILES} more files`] : []),
    where,
  ];
}

function describeCode({ code, container }: DeploymentSpec): string[] {
  if (code === undefined) return [];
  const where = container === undefined ? 'read where it is kept' : 'mounted read-only';
  return [`Code with ${code.scoringScript}, sha256:${code.files}: ${where}; nothing was copied.`];
}
