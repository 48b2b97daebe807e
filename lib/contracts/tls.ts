import { z } from 'zod';

const tlsCertificateSchema = z.object({
  /** `files`: an operator's files; `local`: signed by the local CA of this installation. */
  origin: z.enum(['files', 'local']),
  /** Host names and addresses that it is valid for. */
  names: z.array(z.string()),
  subject: z.string(),
  issuer: z.string(),
  not_before: z.string(),
  not_after: z.string(),
  fingerprint_sha256: z.string(),
  serial_number: z.string(),
});

export const tlsSchema = z.object({
  /** `unknown` while the gateway does not answer the control plane: it may serve all the same. */
  state: z.enum(['on', 'off', 'unknown']),
  /** Port of the gateway for TLS. */
  port: z.number().int().nullable(),
  /** What the gateway serves; the first is the default. */
  certificates: z.array(tlsCertificateSchema),
  /** Why newer certificates on disk are not served. */
  problem: z.string().nullable(),
  /** The authority that clients have to trust where certificates are its own; its certificate is at `/tls/ca-certificate`. */
  local_ca: z
    .object({
      subject: z.string(),
      not_after: z.string(),
      fingerprint_sha256: z.string(),
    })
    .nullable(),
});

export type Tls = z.infer<typeof tlsSchema>;
