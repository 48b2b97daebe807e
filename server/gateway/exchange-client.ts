import type { Socket } from 'node:net';
import type { KeyChecker } from './authenticate.ts';
import type { ClientResponse } from './client-response.ts';
import type { GatewayAnswer } from './gateway-answer.ts';

/** What takes over a client connection after `101 Switching Protocols`, or once the client has turned out to speak another protocol. */
export interface ClientTunnel {
  onClientData(bytes: Buffer): void;
  onClientEnd(): void;
  onClientDrain(): void;
  onClientClosed(): void;
  sweep(now: number): void;
}

/**
 * Who an exchange is carried on with: a connection that speaks HTTP/1.1, or one stream of HTTP/2. What passes here are octets of HTTP/1.1 messages in either
 * case, so that there is one way to decide about a request and one way to write an answer; HTTP/2 is translated behind this interface.
 */
export interface ExchangeClient {
  readonly peerAddress: string;
  readonly keys: KeyChecker;
  /** Lines for the model that say where the request came from. */
  readonly connectionLines: Buffer;
  /** A gRPC call: it goes to the model over HTTP/2 and its answers carry a status in their trailers. */
  readonly isGrpc: boolean;
  readonly requestComplete: boolean;
  /** Whether what is left of the request is little enough to be read and ignored, so that the connection can go on. */
  readonly restIsSmall: boolean;
  /** The client will send nothing more. */
  readonly ended: boolean;
  /** The connection where it serves this exchange alone; null where others share it, which cannot become a tunnel then. */
  readonly socket: Socket | null;
  /** @returns false when the client reads slower than it is written to: `Exchange.onClientDrain` follows */
  write(octets: Buffer | string): boolean;
  cork(): void;
  uncork(): void;
  /** Sends an answer of the gateway itself, in the client's terms. @returns octets sent */
  sendAnswer(answer: GatewayAnswer, response: ClientResponse, toHead: boolean): number;
  pauseReading(): void;
  resumeReading(): void;
  /** The answer is complete. @param keepAlive whether the connection may carry another request */
  onResponseDone(keepAlive: boolean): void;
  closeGracefully(): void;
  /** Breaks the answer off, so that the client sees that it is not whole. */
  cut(endsWithConnection: boolean): void;
  switchTo(tunnel: ClientTunnel): void;
}
