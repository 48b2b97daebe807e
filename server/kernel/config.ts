import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseCidr } from '#lib/networks/cidr.ts';

/**
 * A configuration slice: variable names (all VIRIDIAN_…) to schemas with defaults. Each entry point composes the slices that it needs and
 * reads the environment once.
 */
export type ConfigSlice = Record<`VIRIDIAN_${string}`, z.ZodType>;

export type ParsedSlice<Slice extends ConfigSlice> = { [Name in keyof Slice]: z.infer<Slice[Name]> };

/** What entry points read settings from: `process.env`, or a literal in tests. */
export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** 0 picks a free port. */
const portSchema = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

export const dataDirConfig = {
  VIRIDIAN_DATA_DIR: z
    .string()
    .min(1)
    .default(join(homedir(), '.viridian'))
    .describe('Database, models, telemetry and keys; made with mode 0700'),
  VIRIDIAN_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('How much the processes log'),
} satisfies ConfigSlice;

export const listenConfig = {
  VIRIDIAN_HOST: z.string().min(1).default('127.0.0.1').describe('Address that studio and gateway listen on'),
  VIRIDIAN_STUDIO_PORT: portSchema(3000).describe('Port of the studio'),
  VIRIDIAN_GATEWAY_PORT: portSchema(8080).describe('Port of the gateway'),
  VIRIDIAN_API_PORT: portSchema(3001).describe('Port of the REST API, on loopback only'),
} satisfies ConfigSlice;

export const gatewayConfig = {
  VIRIDIAN_GATEWAY_WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(Math.min(availableParallelism(), 8))
    .describe('Gateway worker processes'),
  VIRIDIAN_GATEWAY_BAD_KEYS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(60)
    .describe('Wrong keys a minute from one address, in each worker, before they are answered 429; 0 for any number'),
  VIRIDIAN_DOMAIN: z.string().optional().describe('Serves <endpoint>.<domain> besides the path form'),
} satisfies ConfigSlice;

export const administratorConfig = {
  VIRIDIAN_ADMIN_EMAIL: z.email().optional().describe('Makes the first administrator without the set-up page'),
  VIRIDIAN_ADMIN_PASSWORD: z
    .string()
    .min(12)
    .optional()
    .describe('Password of that administrator, at least 12 characters'),
  VIRIDIAN_ADMIN_API_KEY: z
    .string()
    .min(32)
    .optional()
    .describe('API key of that administrator, at least 32 characters'),
} satisfies ConfigSlice;

const networksSchema = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((networks) => networks.every((network) => parseCidr(network) !== null), 'must be CIDRs, separated by ","');

export const accessConfig = {
  VIRIDIAN_MODEL_PATH_ALLOW: z
    .string()
    .default('')
    .describe('Folders, separated by ":" or ",", that file: model paths may lie in'),
  VIRIDIAN_EXTERNAL_ALLOW: networksSchema.describe(
    'CIDRs of loopback and private addresses that external deployments and downloads of models may reach; public ones need no entry',
  ),
  VIRIDIAN_TRUSTED_PROXIES: networksSchema.describe(
    'CIDRs of proxies in front of the gateway whose X-Forwarded-For is believed',
  ),
} satisfies ConfigSlice;

/**
 * Parses the environment against a slice. `NAME_FILE` names a file that holds the value, for secrets.
 * @throws ConfigError naming every variable that is wrong and why
 */
export function parseConfig<Slice extends ConfigSlice>(slice: Slice, environment: Environment): ParsedSlice<Slice> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, schema] of Object.entries(slice)) {
    const raw = readVariable(name, environment, faults);
    const parsed = schema.safeParse(raw === '' ? undefined : raw);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  if (faults.length > 0) throw new ConfigError(`Settings are not valid.\n  ${faults.join('\n  ')}`);
  return values as ParsedSlice<Slice>;
}

function readVariable(name: string, environment: Environment, faults: string[]): string | undefined {
  const file = environment[`${name}_FILE`];
  if (environment[name] !== undefined || file === undefined) return environment[name];
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    faults.push(`${name}_FILE: cannot read ${file} (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`);
    return undefined;
  }
}
