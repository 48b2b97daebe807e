import { createServer, type Server, type Socket } from 'node:net';
import { toGatewaySchema, type ToControlPlane } from '#server/routing/gateway-link.ts';
import type { RouteTable } from '#server/routing/route-table.ts';

/** A gateway without a data plane: takes route tables on its socket and says that its workers serve them. */
export interface FakeGateway {
  /** Every table that came, oldest first. */
  readonly tables: readonly RouteTable[];
  /** While held back, tables come in and no worker confirms them. */
  holdBack(): void;
  confirm(): void;
  send(frame: ToControlPlane): void;
  /** Cuts the connections, as a gateway that ends does. */
  disconnect(): void;
  close(): Promise<void>;
}

export async function startFakeGateway(socketPath: string, workerCount = 2): Promise<FakeGateway> {
  const tables: RouteTable[] = [];
  const sockets = new Set<Socket>();
  let served = 0;
  let held = false;

  const send = (frame: ToControlPlane): void => {
    for (const socket of sockets) socket.write(`${JSON.stringify(frame)}\n`);
  };

  const tellWorkers = (): void =>
    send({
      type: 'workers',
      workers: Array.from({ length: workerCount }, (_, id) => ({ id, pid: 1000 + id, served })),
    });

  function confirm(): void {
    held = false;
    served = tables.at(-1)?.revision ?? served;
    tellWorkers();
  }

  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let pending = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = (pending + text).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const frame = toGatewaySchema.parse(JSON.parse(line));
        if (frame.type !== 'table') continue;
        tables.push(frame.table);
        if (!held) confirm();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    tellWorkers();
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));

  return {
    tables,
    holdBack() {
      held = true;
    },
    confirm,
    send,
    disconnect() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
