/**
 * Reads `azureml:<name>:<version>` or `azureml:<name>@latest`, both also without the prefix. `version` is null for the latest one; the result is
 * null when the text has another form: `azureml:iris` lacks a version, and is not version `iris` of a model `azureml`.
 */
export function parseModelReference(text: string): { name: string; version: string | null } | null {
  const match =
    /^(?:azureml:)?(?!azureml:)([a-zA-Z0-9][a-zA-Z0-9._-]*)(?:@(latest)|:([a-zA-Z0-9][a-zA-Z0-9._-]*))$/.exec(text);
  if (match?.[1] === undefined) return null;
  return { name: match[1], version: match[3] ?? null };
}

export function formatModelReference(model: { name: string; version: string }): string {
  return `azureml:${model.name}:${model.version}`;
}
