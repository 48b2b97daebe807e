import type { EnvironmentCheckResult, ScriptCheckResult, Trial } from '#lib/contracts/check.ts';
import type { DeploymentWrite } from '#lib/contracts/deployment.ts';
import type { CodeFile } from '#lib/deployment-yaml/script-source.ts';
import { createTarBlob } from '#lib/uploads/tar-blob.ts';
import { apiPath, fetchJson } from './fetch-json.ts';

/** Sends files of code as one archive of the folder's content. @returns the id of the upload @throws ApiProblem */
export async function uploadCode(files: readonly CodeFile[]): Promise<string> {
  const archive = createTarBlob(files.map(({ path, text }) => ({ path, file: new Blob([text]) })));
  const { id } = await fetchJson<{ id: string }>('/uploads?filename=code.tar', {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/octet-stream' },
    body: archive,
  });
  return id;
}

/** Whether a script can be read and defines what it must; it is not run. @throws ApiProblem */
export function checkScript(code: string, scoringScript: string): Promise<ScriptCheckResult> {
  return post('/scoring-scripts/check', { code, scoring_script: scoringScript });
}

/** Whether packages can be had together; nothing is installed. @throws ApiProblem */
export function checkPackages(
  packages: { pip_requirements: string } | { conda_file: string },
): Promise<EnvironmentCheckResult> {
  return post('/environments/check', packages);
}

/**
 * Begins to load a model in its real environment, without deploying it.
 * @param sample body of one request; the model's own when undefined
 * @throws ApiProblem
 */
export function beginTrial(deployment: DeploymentWrite, sample: unknown): Promise<Trial> {
  return post('/trials', { deployment, sample });
}

/** @throws ApiProblem */
export function readTrial(id: string, signal: AbortSignal): Promise<Trial> {
  return fetchJson<Trial>(apiPath('trials', id), { signal });
}

/** @throws ApiProblem */
export function cancelTrial(id: string): Promise<void> {
  return fetchJson(apiPath('trials', id), { method: 'DELETE' });
}

function post<Answer>(path: string, body: object): Promise<Answer> {
  return fetchJson<Answer>(path, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
