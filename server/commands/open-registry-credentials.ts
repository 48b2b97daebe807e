import { normalizeRegistryHost } from '#lib/contracts/image-reference.ts';
import { openRegistryPassword } from '#server/secrets/registry-password.ts';
import { findRegistry } from '#server/store/registry-store.ts';
import type { CommandContext } from './command-context.ts';

/** What is stored for a registry, opened for a pull; null where nothing is. Only builds ask: nothing of it is answered to anybody. */
export async function openRegistryCredentials(
  { database, masterKey }: Pick<CommandContext, 'database' | 'masterKey'>,
  host: string,
): Promise<{ username: string; password: string } | null> {
  const registry = await findRegistry(database, normalizeRegistryHost(host));
  if (registry === null) return null;
  const password = openRegistryPassword(masterKey, registry.host, registry.ciphertext);
  return { username: registry.username, password };
}
