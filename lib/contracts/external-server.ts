import { z } from 'zod';
import { externalUrlFault, headerNameFault, headerValueFault, parseExternalUrl } from './external-rules.ts';
import { resourceNameSchema } from './resource.ts';

/** Servers of one deployment. */
const MAX_SERVERS = 64;
const MAX_HEADERS = 32;
/** Of all fields together, so that they fit into the head of any request. */
const MAX_HEADER_CHARACTERS = 12_288;

const urlSchema = z.string().superRefine((text, context) => {
  const fault = externalUrlFault(text);
  if (fault !== null) context.addIssue({ code: 'custom', message: fault });
});

const headersSchema = z.record(z.string(), z.string()).superRefine((headers, context) => {
  const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
  const names = Object.keys(headers);
  for (const [name, value] of Object.entries(headers)) {
    const fault = headerNameFault(name) ?? headerValueFault(value);
    if (fault !== null) refuse([name], fault);
    const same = names.find((other) => other.toLowerCase() === name.toLowerCase());
    if (same !== name) refuse([name], `is the same field as "${same}"`);
  }
  const characters = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (names.length > MAX_HEADERS) refuse([], `must be at most ${MAX_HEADERS} fields`);
  if (characters > MAX_HEADER_CHARACTERS) refuse([], `must have at most ${MAX_HEADER_CHARACTERS} characters in all`);
});

/** Servers that run already and are put under traffic control. */
export const externalWriteSchema = z.strictObject({
  /** Each is one instance. */
  urls: z
    .array(urlSchema)
    .min(1, 'must name at least one server')
    .max(MAX_SERVERS, `must name at most ${MAX_SERVERS} servers`)
    .superRefine((urls, context) => {
      const known = urls.map((url) => (externalUrlFault(url) === null ? parseExternalUrl(url).url : url));
      for (const [index, url] of known.entries()) {
        const first = known.indexOf(url);
        if (first !== index)
          context.addIssue({ code: 'custom', path: [index], message: `is the same as urls/${first}` });
      }
    }),
  /** Probed below each URL; `/` where it is left out. */
  health_path: z
    .string()
    .max(1024)
    .regex(/^\/[\x21-\x22\x24-\x7e]*$/, 'must be a path that starts with "/", without spaces and "#"')
    .optional(),
  /** Sent with every request and probe. */
  headers: headersSchema.optional(),
  /** Where the servers take calls of gRPC, if not at the ports of their URLs. */
  grpc_port: z.number().int().min(1).max(65_535).optional(),
});

/** Values of headers are masked. */
export const externalSchema = externalWriteSchema.required({ urls: true, health_path: true, headers: true });

/** Servers to try out. With the names of a deployment, masked values stand for the ones that are kept for it. */
export const serverTrialWriteSchema = externalWriteSchema.extend({
  endpoint_name: resourceNameSchema.optional(),
  deployment_name: resourceNameSchema.optional(),
});

/** What a server said when it was tried out. */
export const serverTrialSchema = z.object({
  url: z.string(),
  ok: z.boolean(),
  /** The address that it was reached at; null where there was none to try. */
  address: z.string().nullable(),
  /** The answer in words, or what is in the way and what to do about it. */
  message: z.string(),
  duration_ms: z.number(),
});
export const serverTrialListSchema = z.object({ items: z.array(serverTrialSchema) });

export type ExternalWrite = z.infer<typeof externalWriteSchema>;
export type ServerTrial = z.infer<typeof serverTrialSchema>;
