import { connect, type Socket } from 'node:net';
import { toControlPlaneSchema, type ToControlPlane, type ToGateway } from './gateway-link.ts';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 1_000;

/** A frame longer than this is not the gateway's. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export interface GatewayConnectionOptions {
  socketPath: string;
  onConnected: () => void;
  onFrame: (frame: ToControlPlane) => void;
  onDisconnected: () => void;
  onError: (error: unknown) => void;
}

/** The control plane's end of `run/gateway.sock`: connects, and again whenever the gateway comes back. */
export interface GatewayConnection {
  readonly connected: boolean;
  /** Resolves when the first attempt has ended, well or not. */
  readonly tried: Promise<void>;
  /** Sends when connected; what is not sent is not kept, for the table is sent anew on every connection. */
  send(frame: ToGateway): void;
  /** Tries now instead of after the pause. */
  connectNow(): void;
  close(): void;
}

export function openGatewayConnection(options: GatewayConnectionOptions): GatewayConnection {
  let socket: Socket | null = null;
  let connected = false;
  let closed = false;
  let retryMs = FIRST_RETRY_MS;
  let timer: NodeJS.Timeout | undefined;
  const tried = Promise.withResolvers<void>();

  function open(): void {
    if (closed || socket !== null) return;
    clearTimeout(timer);
    const opened = connect(options.socketPath);
    const lines = createFrameReader(options.onFrame, (error) => {
      options.onError(error);
      opened.destroy();
    });
    socket = opened;
    opened.setEncoding('utf8');
    opened.on('connect', () => {
      connected = true;
      retryMs = FIRST_RETRY_MS;
      tried.resolve();
      options.onConnected();
    });
    opened.on('data', (text: string) => lines.push(text));
    opened.on('error', (error: NodeJS.ErrnoException) => {
      // No gateway yet, or no more: the close that follows tries again.
      if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED') options.onError(error);
    });
    opened.on('close', reopen);
  }

  function reopen(): void {
    const was = connected;
    connected = false;
    socket = null;
    tried.resolve();
    if (closed) return;
    timer = setTimeout(open, retryMs);
    retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    if (was) options.onDisconnected();
  }

  open();
  return {
    get connected() {
      return connected;
    },
    tried: tried.promise,
    send(frame) {
      if (connected) socket?.write(`${JSON.stringify(frame)}\n`);
    },
    connectNow: open,
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.destroy();
    },
  };
}

function createFrameReader(
  onFrame: (frame: ToControlPlane) => void,
  onFault: (error: unknown) => void,
): { push(text: string): void } {
  let pending = '';
  return {
    push(text) {
      const lines = (pending + text).split('\n');
      pending = lines.pop() ?? '';
      if (pending.length > MAX_FRAME_BYTES) return onFault(new Error('A frame of the gateway is too long.'));
      for (const line of lines) {
        try {
          onFrame(toControlPlaneSchema.parse(JSON.parse(line)));
        } catch (error) {
          return onFault(error);
        }
      }
    },
  };
}
