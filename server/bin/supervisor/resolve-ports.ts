import { createServer } from 'node:net';

export interface WantedPort {
  name: 'studio' | 'gateway' | 'gateway_tls' | 'api';
  setting: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
}

/** The port for TLS is there where it is on. */
export type ResolvedPorts = Record<Exclude<WantedPort['name'], 'gateway_tls'>, number> & { gateway_tls?: number };

export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/**
 * Turns wanted ports into ports that were free a moment ago. All are held until all are known, so that two zeros never give the same.
 * @throws PortTakenError with a text that names the port, the setting and the way out
 */
export async function resolvePorts(wanted: readonly WantedPort[]): Promise<ResolvedPorts> {
  const held: { port: number; close: () => Promise<void> }[] = [];
  const resolved: Partial<ResolvedPorts> = {};
  try {
    for (const one of wanted) {
      const probe = await hold(one);
      held.push(probe);
      resolved[one.name] = probe.port;
    }
  } finally {
    await Promise.all(held.map((one) => one.close()));
  }
  return resolved as ResolvedPorts;
}

function hold(wanted: WantedPort): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new PortTakenError(explain(wanted, error), { cause: error })),
    );
    server.listen({ host: wanted.host, port: wanted.port, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : wanted.port;
      resolve({ port, close: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

function explain(wanted: WantedPort, error: NodeJS.ErrnoException): string {
  const { setting, host, port } = wanted;
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use by another program. Stop that program, or set ${setting} to another port (0 picks a free one).`;
  }
  if (error.code === 'EACCES') {
    return `Port ${port} on ${host} may not be opened by this user. Set ${setting} to a port above 1023.`;
  }
  return `Cannot listen on ${host}:${port} (${error.code ?? error.message}). Check VIRIDIAN_HOST and ${setting}.`;
}
