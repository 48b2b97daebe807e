import { readFile } from 'node:fs/promises';
import type { ModelContext } from '#server/commands/model-context.ts';
import { createAddressPolicy } from '#server/domain/address-policy.ts';
import { type Lookup, resolveHost, systemLookup } from '#server/drivers/external/resolve-host.ts';
import { pause } from '#server/drivers/supervision/pause.ts';
import { systemClock } from '#server/kernel/clock.ts';
import { DEFAULT_ARCHIVE_LIMITS } from '#server/models/archive-refusal.ts';
import type { DiskRoom } from '#server/models/disk-room.ts';
import { createRemoteHttp } from '#server/models/remote/remote-http.ts';
import { createRemoteModels, type RemoteModels } from '#server/models/remote/remote-models.ts';
import { trustedOriginsOf } from '#server/models/remote/remote-settings.ts';
import type { uploadLimitsOf } from '#server/models/upload-config.ts';
import type { ControlPlaneSettings } from './process-settings.ts';

export interface RemoteOptions {
  settings: ControlPlaneSettings;
  /** How host names are resolved; for tests. */
  lookup: Lookup | undefined;
}

/** A server that comes back within half a minute is waited for. */
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

/** The operator named the server: private addresses are meant, metadata services never are. */
const ANYWHERE = ['0.0.0.0/0', '::/0'];

/** What fetches models from elsewhere, under the rules of this installation. */
export async function composeRemoteModels(
  options: RemoteOptions & {
    room: DiskRoom;
    limits: ReturnType<typeof uploadLimitsOf>;
    openSource: ModelContext['openSource'];
  },
): Promise<RemoteModels> {
  const { settings, room, limits, openSource, lookup = systemLookup } = options;
  const policies = {
    listed: createAddressPolicy(settings.VIRIDIAN_EXTERNAL_ALLOW),
    trusted: createAddressPolicy(ANYWHERE),
  };
  const authorities = settings.VIRIDIAN_EXTRA_CA_FILE;
  return createRemoteModels({
    http: createRemoteHttp({
      resolve: (host, trusted) => resolveHost(host, lookup, trusted ? policies.trusted : policies.listed),
      trustedOrigins: trustedOriginsOf(settings),
      extraAuthorities: authorities === undefined ? null : await readFile(authorities, 'utf8'),
    }),
    settings,
    room,
    archive: DEFAULT_ARCHIVE_LIMITS,
    maxFiles: DEFAULT_ARCHIVE_LIMITS.maxEntries,
    maxTotalBytes: limits.maxUploadBytes,
    retryDelaysMs: RETRY_DELAYS_MS,
    pause,
    clock: systemClock,
    openLocal: openSource,
  });
}
