/** Where the model of a deployment comes from. */
export type ModelSource =
  | { kind: 'registered'; name: string; version: string }
  /** A bundled version by its id; registering it takes the path `sample:<id>`. */
  | { kind: 'sample'; id: string; name: string }
  /** `id` is empty until the last byte has arrived; `name` is the model that it is to become a version of. A folder travels as one tar. */
  | { kind: 'upload'; id: string; filename: string; isFolder: boolean; sizeBytes: number; name: string };

/** `azureml:<name>:<version>`; of a model that is not registered yet, what will be its latest version. */
export function modelReference(model: ModelSource): string {
  return model.kind === 'registered' ? `azureml:${model.name}:${model.version}` : `azureml:${model.name}@latest`;
}

/** The `path` that registering the model takes; null when there is nothing to register. */
export function registrationPath(model: ModelSource | null): string | null {
  if (model === null || model.kind === 'registered') return null;
  return model.kind === 'sample' ? `sample:${model.id}` : `upload:${model.id}`;
}

/** Reads `azureml:<name>:<version>`, with or without the prefix; null for anything else. */
export function parseModelReference(text: string): { name: string; version: string } | null {
  const match = /^(?:azureml:)?([^:@]+):([^:@]+)$/.exec(text);
  return match ? { name: match[1]!, version: match[2]! } : null;
}
