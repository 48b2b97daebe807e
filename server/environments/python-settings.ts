import { z } from 'zod';
import type { ConfigSlice, ParsedSlice } from '#server/kernel/config.ts';

const indexUrlSchema = z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' });

const proxySchema = z.url({
  protocol: /^https?$/,
  error: 'must be an http(s) URL, such as http://proxy.example.com:3128',
});

/** Where packages come from and how builds reach them; the same for virtual environments and images. */
export const pythonConfig = {
  VIRIDIAN_PIP_INDEX_URL: indexUrlSchema
    .default('https://pypi.org/simple')
    .describe('Package index that environments are built from; may hold user:password'),
  VIRIDIAN_PIP_EXTRA_INDEX_URLS: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
    .pipe(z.array(indexUrlSchema))
    .describe('More package indexes, separated by commas; a package that one of them has is taken from it alone'),
  VIRIDIAN_EXTRA_CA_FILE: z
    .string()
    .startsWith('/', 'must be an absolute path')
    .optional()
    .describe(
      'PEM file with authorities that builds and downloads of models believe besides the public ones, for a proxy or an index of your own',
    ),
  VIRIDIAN_HTTP_PROXY: proxySchema.optional().describe('Proxy that builds use for http://; may hold user:password'),
  VIRIDIAN_HTTPS_PROXY: proxySchema.optional().describe('Proxy that builds use for https://; may hold user:password'),
  VIRIDIAN_NO_PROXY: z.string().optional().describe('Hosts, separated by commas, that builds reach without a proxy'),
  VIRIDIAN_PYTHON_DOWNLOADS: z
    .enum(['auto', 'never'])
    .default('auto')
    .describe('auto: a Python that a model asks for and this host lacks is fetched; never: the nearest one is taken'),
  VIRIDIAN_ENVIRONMENT_CACHE_MIB: z.coerce
    .number()
    .int()
    .min(0)
    .default(20_480)
    .describe('Room in MiB that virtual environments which nothing uses may keep, for a quick return'),
} satisfies ConfigSlice;

export type PythonSettings = ParsedSlice<typeof pythonConfig>;

/** What must never show in a log: passwords (raw and as they stand in the URL) of indexes and proxies. */
export function secretsOf(settings: PythonSettings): string[] {
  const urls = [
    settings.VIRIDIAN_PIP_INDEX_URL,
    ...settings.VIRIDIAN_PIP_EXTRA_INDEX_URLS,
    settings.VIRIDIAN_HTTP_PROXY,
    settings.VIRIDIAN_HTTPS_PROXY,
  ];
  return urls.flatMap((url) => {
    const { password } = new URL(url ?? 'http://none');
    return password === '' ? [] : [password, decodeURIComponent(password)];
  });
}

/** A sentence without the passwords of indexes and proxies, whatever tool it quotes. */
export function hideSecrets(text: string, settings: PythonSettings): string {
  return secretsOf(settings).reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
}
