import type { ExternalWrite, ServerTrial } from '#lib/contracts/external-server.ts';
import { MASKED_VALUE, parseExternalUrl } from '#lib/contracts/external-rules.ts';
import type { Actor } from '#server/domain/actor.ts';
import type { DeploymentKey } from '#server/domain/deployment.ts';
import { hostFault } from '#server/domain/external-server.ts';
import { authorize } from '#server/identity/authorize.ts';
import { findDeployment } from '#server/store/deployment-store.ts';
import type { CommandContext } from './command-context.ts';
import { headerOwner } from './external-servers.ts';

const TRIAL_MS = 5_000;

export interface TryExternalServers {
  external: ExternalWrite;
  /** Whose kept values the masked ones stand for; null for servers that no deployment has yet. */
  key: DeploymentKey | null;
}

/** Asks each server's health path once, from here and by the rules that a deployment of them would follow. Changes nothing. */
export async function tryExternalServers(
  context: Pick<CommandContext, 'database' | 'externals'>,
  actor: Actor,
  { external, key }: TryExternalServers,
): Promise<ServerTrial[]> {
  authorize(actor, 'deployment.use_external', '/external-servers');
  const headers = await openHeaders(context, external, key);
  return Promise.all(external.urls.map((url) => tryOne(context.externals, url, external.health_path ?? '/', headers)));
}

async function tryOne(
  servers: CommandContext['externals'],
  text: string,
  path: string,
  headers: Record<string, string>,
): Promise<ServerTrial> {
  const startedAt = performance.now();
  const { url, host, basePath } = parseExternalUrl(text);
  const found = await servers.resolve(host);
  const answer = (ok: boolean, address: string | null, message: string): ServerTrial => ({
    url,
    ok,
    address,
    message,
    duration_ms: Math.round(performance.now() - startedAt),
  });
  if (found.kind !== 'allowed') return answer(false, null, hostFault(host, found) ?? '');
  let failed = answer(false, null, '');
  for (const address of found.addresses.slice(0, 2)) {
    const { ok, words } = await servers.probe({ url, address, headers }, path, TRIAL_MS);
    if (ok) return answer(true, address, words);
    failed = answer(false, address, `GET ${basePath}${path}: ${words}. ${remedyFor(words)}`);
  }
  return failed;
}

function remedyFor(words: string): string {
  if (words.startsWith('HTTP 404')) return 'Set the health path to one that it answers.';
  if (words.startsWith('HTTP 401') || words.startsWith('HTTP 403'))
    return 'It wants a credential: add it to the headers.';
  if (/certificate|altname/i.test(words)) {
    return 'Its certificate has to be valid for the name in the URL; a private authority is trusted by NODE_EXTRA_CA_CERTS.';
  }
  if (words.startsWith('HTTP')) return 'It is there, and not healthy.';
  return 'See that it runs, and that its address and port can be reached from this host.';
}

/** Values that are masked and kept nowhere are left out: the server then says itself what is missing. */
async function openHeaders(
  { database, externals }: Pick<CommandContext, 'database' | 'externals'>,
  { headers = {} }: ExternalWrite,
  key: DeploymentKey | null,
): Promise<Record<string, string>> {
  const kept = (key && (await findDeployment(database, key))?.written.external?.headers) ?? {};
  const opened: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const sealed = kept[name];
    if (value !== MASKED_VALUE) opened[name] = value;
    else if (key !== null && sealed !== undefined) opened[name] = externals.open(headerOwner(key), sealed);
  }
  return opened;
}
