import { connect, createServer, type Socket } from 'node:net';

/** Stands between a driver and the engine, so that a test can take the engine away without touching it. */
export interface EngineProxy {
  readonly host: string;
  /** Closes every connection and takes no more. */
  cut(): void;
  restore(): void;
  /** The engine hears this one of the next calls, counted from 1, and nobody hears its answer nor is anything heard afterwards. */
  loseAnswer(call: number): void;
  close(): Promise<void>;
}

/** @param socketPath where it listens */
export async function startEngineProxy(engineSocket: string, socketPath: string): Promise<EngineProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let callsLeft = Infinity;
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((caller) => {
    if (isCut) return void caller.destroy();
    const engine = connect(engineSocket);
    callsLeft -= 1;
    if (callsLeft === 0) engine.once('data', cut);
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
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    host: `unix://${socketPath}`,
    cut,
    restore() {
      isCut = false;
      callsLeft = Infinity;
    },
    loseAnswer(call) {
      callsLeft = call;
    },
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
