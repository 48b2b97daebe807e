import type { InstallationPaths } from '#server/control-plane/installation-paths.ts';
import { listRememberedServers } from '#server/control-plane/remembered-servers.ts';
import { createAddressPolicy } from '#server/domain/address-policy.ts';
import type { ExternalServers } from '#server/domain/external-server.ts';
import { createExternalDriver } from '#server/drivers/external/external-driver.ts';
import { createExternalServers } from '#server/drivers/external/external-servers.ts';
import { type Lookup, systemLookup } from '#server/drivers/external/resolve-host.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { openExternalHeader, sealExternalHeader } from '#server/secrets/external-header.ts';
import type { Database } from '#server/store/database.ts';

export interface ExternalsOptions {
  /** CIDRs of VIRIDIAN_EXTERNAL_ALLOW. */
  allowed: readonly string[];
  /** 32 bytes that the gateway has too. */
  upstreamKey: Buffer;
  /** How host names are resolved, and how often again; for tests. */
  lookup?: Lookup | undefined;
  resolveMs?: number | undefined;
}

/** What reaches servers that run elsewhere, under the rules of this installation. */
export function composeExternals({ allowed, upstreamKey, lookup }: ExternalsOptions): ExternalServers {
  return createExternalServers({
    lookup: lookup ?? systemLookup,
    policy: createAddressPolicy(allowed),
    seal: (deployment, value) => sealExternalHeader(upstreamKey, deployment, value),
    open: (deployment, sealed) => openExternalHeader(upstreamKey, deployment, sealed),
  });
}

export function composeExternalDriver(
  servers: ExternalServers,
  { resolveMs }: Pick<ExternalsOptions, 'resolveMs'>,
  database: Database,
  paths: InstallationPaths,
  logger: Logger,
): RuntimeDriver {
  return createExternalDriver({
    servers,
    clock: systemClock,
    remembered: () => listRememberedServers(database, paths),
    onError: (what, error) => logger.warn({ err: error }, what),
    ...(resolveMs !== undefined && { resolveMs }),
  });
}
