import type { RegistryProbe } from '#server/domain/registry.ts';
import { createImageEngine } from './docker-engine.ts';
import { EngineRefusalError, EngineUnavailableError } from './engine.ts';

/**
 * Asks a registry by way of the engine, which is what pulls: its network, its proxies and the certificates that it trusts decide.
 * @param socketPath the engine's Unix socket
 */
export function createRegistryProbe(socketPath: string): RegistryProbe {
  const engine = createImageEngine(socketPath);
  return {
    async test({ host, username, password }) {
      try {
        await engine.signIn({ registry: host, username, password });
        return { ok: true, detail: `${host} takes the credentials of ${username}.` };
      } catch (error) {
        if (error instanceof EngineUnavailableError) return { ok: false, detail: error.message };
        if (!(error instanceof EngineRefusalError)) throw error;
        return { ok: false, detail: describeRefusal(host, error.message).replaceAll(password, '***') };
      }
    },
  };
}

function describeRefusal(host: string, said: string): string {
  if (/unauthorized|denied|\b40[13]\b|incorrect username|authentication required/i.test(said)) {
    return `${host} refuses the credentials. It says: ${said}`;
  }
  if (/x509|certificate/i.test(said)) {
    return `The Docker engine does not trust the certificate of ${host}. Put its authority into /etc/docker/certs.d/${host}/ca.crt on this host. It says: ${said}`;
  }
  return `The Docker engine does not reach ${host}. It says: ${said}`;
}
