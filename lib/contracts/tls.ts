import { z } from 'zod';

const tlsCertificateSchema = z.object({
  /** `files`: an operator's files; `local`: signed by the local CA of this installation; `acme`: got from an ACME server. */
  origin: z.enum(['files', 'local', 'acme']),
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
  /** Certificates that are got from an ACME server. */
  acme: z
    .object({
      directory: z.string(),
      challenge: z.enum(['http-01', 'tls-alpn-01']),
      names: z.array(
        z.object({
          name: z.string(),
          /** `waiting`: none yet; `failed`: the last attempt failed, whether or not there is one. */
          state: z.enum(['valid', 'waiting', 'failed']),
          not_after: z.string().nullable(),
          error: z.string().nullable(),
          next_attempt_at: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
});

export type Tls = z.infer<typeof tlsSchema>;
