import { connect, createServer, type Socket } from 'node:net';

/** Stands between a driver and the engine, so that a test can take the engine away without touching it. */
export interface EngineProxy {
  readonly host: string;
  /** Closes every connection and takes no more. */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
}

/** @param socketPath where it listens */
export async function startEngineProxy(engineSocket: string, socketPath: string): Promise<EngineProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((caller) => {
    if (isCut) return void caller.destroy();
    const engine = connect(engineSocket);
    for (const [from, to] of [
      [caller, engine],
      [engine, caller],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    host: `unix://${socketPath}`,
    cut,
    restore() {
      isCut = false;
    },
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
