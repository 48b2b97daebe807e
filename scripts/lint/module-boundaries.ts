/**
 * Which module may import which. Default-deny: what is not listed is forbidden. `oxlint.config.ts` turns this table into lint rules, and
 * `check-canary.ts` proves that they bite.
 *
 * A module is a folder under the root or under `server/`; a module may always import itself by relative paths.
 */
export const MODULE_BOUNDARIES: Record<string, readonly string[]> = {
  lib: [],
  components: ['#lib'],
  app: ['#components', '#lib', '#server/studio'],
  drizzle: [],
  'server/kernel': ['#lib'],
  'server/domain': ['#lib', '#server/kernel'],
  'server/store': ['#lib', '#drizzle', '#server/kernel', '#server/domain'],
  'server/secrets': ['#lib', '#server/kernel', '#server/domain'],
  'server/identity': ['#lib', '#server/kernel', '#server/domain', '#server/store', '#server/secrets'],
  'server/cost': ['#lib', '#server/kernel', '#server/domain'],
  'server/models': ['#lib', '#server/kernel', '#server/domain'],
  'server/routing': ['#lib', '#server/kernel', '#server/domain'],
  'server/drivers': ['#lib', '#server/kernel', '#server/domain'],
  'server/environments': ['#lib', '#server/kernel', '#server/domain'],
  'server/telemetry': ['#lib', '#server/kernel'],
  'server/tls': ['#lib', '#server/kernel'],
  'server/gateway': [
    '#lib',
    '#server/kernel',
    '#server/routing',
    '#server/telemetry/request-record.ts',
    '#server/telemetry/comparison-record.ts',
    '#server/telemetry/encode-request-batch.ts',
    '#server/secrets/external-header.ts',
    '#server/tls/served-certificate.ts',
  ],
  'server/inference': ['#lib', '#server/kernel', '#server/models/detect'],
  'server/commands': [
    '#lib',
    '#server/kernel',
    '#server/domain',
    '#server/store',
    '#server/identity',
    '#server/secrets',
    '#server/cost',
    '#server/models',
  ],
  'server/queries': [
    '#lib',
    '#server/kernel',
    '#server/domain',
    '#server/store',
    '#server/identity',
    '#server/secrets',
    '#server/cost',
    '#server/models',
  ],
  'server/api': [
    '#lib',
    '#server/kernel',
    '#server/domain',
    '#server/identity',
    '#server/commands',
    '#server/queries',
    '#server/models',
  ],
  'server/control-plane': [
    '#lib',
    '#server/kernel',
    '#server/domain',
    '#server/store',
    '#server/drivers/runtime-driver.ts',
    '#server/routing',
    '#server/telemetry',
  ],
  'server/studio': ['#lib', '#server/kernel'],
  'server/testing': ['#lib', '#drizzle', '#server'],
  'server/bin': ['#lib', '#drizzle', '#server'],
  scripts: ['#lib', '#server'],
  e2e: ['#lib', '#server'],
};

/** Packages that only some modules may touch, so that replacing one stays a local change. */
export const CONFINED_PACKAGES: Record<string, readonly string[]> = {
  'drizzle-orm': ['server/store', 'drizzle'],
  'better-sqlite3': ['server/store', 'drizzle'],
  recharts: ['components/charts'],
  next: ['app', 'components', 'server/studio'],
  'next-auth': ['server/studio', 'app'],
  react: ['app', 'components', 'lib', 'server/studio'],
  'react-aria-components': ['app', 'components'],
  fastify: ['server/api'],
  'onnxruntime-node': ['server/inference', 'scripts'],
  '@tus/server': ['server/models'],
  '@peculiar/x509': ['server/tls'],
  'reflect-metadata': ['server/tls'],
  dockerode: ['server/drivers', 'server/environments'],
  'node:child_process': [
    'server/environments',
    'server/drivers',
    'server/bin',
    'server/testing',
    'server/inference',
    'scripts',
    'e2e',
  ],
};

/** What tests may use besides their module's own imports. */
export const TEST_EXTRAS = ['#server', '#lib', '#drizzle'] as const;
