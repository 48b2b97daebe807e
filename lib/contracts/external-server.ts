import { z } from 'zod';
import { resourceNameSchema } from './resource.ts';

/** Servers of one deployment. */
const MAX_SERVERS = 64;
const MAX_HEADERS = 32;
/** Of all fields together, so that they fit into the head of any request. */
const MAX_HEADER_CHARACTERS = 12_288;

/** What answers show in place of a value that is kept sealed. Written back, it means the value that is kept. */
export const MASKED_VALUE = '********';

/** Where an external server is, taken from its URL. */
export interface ExternalAddress {
  /** As the URL standard writes it, without a slash at the end. */
  url: string;
  isSecure: boolean;
  /** Name or address, IPv6 without brackets. */
  host: string;
  port: number;
  /** Host and, where it is not the default, port: what a client sends as `Host`. */
  authority: string;
  /** Empty, or a path that starts with a slash and ends without. */
  basePath: string;
}

/** What keeps a text from being the URL of an external server, as the rest of a sentence; null when nothing does. */
export function externalUrlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || text.trim() !== text) return 'must be a URL such as "http://models.example:8000"';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with "http://" or "https://"';
  if (url.username !== '' || url.password !== '') return 'must hold no credentials: give them in "headers"';
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) return 'must end with its path: no "?" and no "#"';
  if (url.port === '0') return 'must have a port between 1 and 65535';
  return /\/\/|%2f|%5c|;/i.test(url.pathname) ? 'must have a path without "//", ";" and escaped slashes' : null;
}

/** @param text a URL without a fault */
export function parseExternalUrl(text: string): ExternalAddress {
  const url = new URL(text);
  const isSecure = url.protocol === 'https:';
  const basePath = url.pathname.replace(/\/$/, '');
  return {
    url: `${url.protocol}//${url.host}${basePath}`,
    isSecure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    authority: url.host,
    basePath,
  };
}

/** Fields that belong to the connection or that the gateway itself vouches for. */
const RESERVED_HEADER =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|content-length|upgrade|expect|via|forwarded|traceparent|tracestate|x-real-ip|(?:x-)?(?:ms-)?request-id|proxy-.*|x-forwarded-.*|sec-websocket-.*|azureml-.*|viridian-.*)$/;

export function headerNameFault(name: string): string | null {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name)) {
    return 'must be the name of an HTTP field: letters, digits and "-"';
  }
  const plain = name.toLowerCase().replaceAll('_', '-');
  return RESERVED_HEADER.test(plain) ? 'must be another field: this one is written by the gateway' : null;
}

export function headerValueFault(value: string): string | null {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? null
    : 'must be visible ASCII characters, without a space at either end';
}

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
});

/** Values of headers are masked. */
export const externalSchema = externalWriteSchema.required();

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
