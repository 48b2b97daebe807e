import { z } from 'zod';
import { routeTableSchema } from './route-table.ts';

/**
 * Frames on `run/gateway.sock`: one JSON object a line, both ways. The gateway's primary listens, the control plane connects and
 * reconnects; either may die without the other noticing more than a closed socket.
 */
/** What workers answer an ACME server while it looks whether a name is ours (RFC 8555 section 8.3, RFC 8737). */
export const challengeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('http-01'), token: z.string(), keyAuthorization: z.string() }),
  z.object({ kind: z.literal('tls-alpn-01'), name: z.string(), certificatePem: z.string(), keyPem: z.string() }),
]);

export const toGatewaySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('table'), table: routeTableSchema }),
  /** Ask for a debug dump; answered by `dump` with the same id. */
  z.object({ type: z.literal('dump'), id: z.string() }),
  /** Answer these challenges and no others; answered by `challenged` when every worker does. */
  z.object({ type: z.literal('challenges'), id: z.string(), challenges: z.array(challengeSchema) }),
]);

/** What the TLS port serves. Instants are epoch milliseconds. */
export const gatewayTlsSchema = z.object({
  port: z.number().int(),
  /** The first is the default. */
  certificates: z.array(
    z.object({
      origin: z.enum(['files', 'local', 'acme']),
      names: z.array(z.string()),
      subject: z.string(),
      issuer: z.string(),
      notBefore: z.number().int(),
      notAfter: z.number().int(),
      fingerprint: z.string(),
      serialNumber: z.string(),
    }),
  ),
  /** Why newer certificates on disk are not served, or null. */
  problem: z.string().nullable(),
});

const ejectionSchema = z.object({
  instance: z.string(),
  reason: z.string(),
  /** Epoch milliseconds; one request tries it again then. */
  untilMs: z.number(),
  /** Workers in which it is out. */
  workers: z.number().int().positive(),
});

export const toControlPlaneSchema = z.discriminatedUnion('type', [
  /** Sent on connect and whenever it changes. `served` is the revision of the table each live worker serves (0: none). */
  z.object({
    type: z.literal('workers'),
    workers: z.array(z.object({ id: z.number().int(), pid: z.number().int(), served: z.number().int().nonnegative() })),
  }),
  /** Sent on connect and whenever it changes; null where there is no TLS port. */
  z.object({ type: z.literal('tls'), tls: gatewayTlsSchema.nullable() }),
  /** An endpoint has callers waiting and no instance; at most one a second for each. */
  z.object({ type: z.literal('wake'), endpoint: z.string() }),
  /** Connection failures that say an instance is gone, so that the control plane probes it at once. */
  z.object({
    type: z.literal('instance_failing'),
    endpoint: z.string(),
    deployment: z.string(),
    instance: z.string(),
    reason: z.string(),
  }),
  /** Instances that workers have put out for failing, all of them each time. */
  z.object({ type: z.literal('ejections'), ejections: z.array(ejectionSchema) }),
  z.object({ type: z.literal('refused'), revision: z.number().int(), reason: z.string() }),
  z.object({ type: z.literal('dump'), id: z.string(), dump: z.unknown() }),
  z.object({ type: z.literal('challenged'), id: z.string() }),
]);

export type Ejection = z.infer<typeof ejectionSchema>;
export type Challenge = z.infer<typeof challengeSchema>;
export type GatewayTls = z.infer<typeof gatewayTlsSchema>;
export type ToGateway = z.infer<typeof toGatewaySchema>;
export type ToControlPlane = z.infer<typeof toControlPlaneSchema>;
