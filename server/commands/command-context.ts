import type { HostRuntimes } from '#server/domain/choose-build-runtime.ts';
import type { ExternalServers } from '#server/domain/external-server.ts';
import type { HostCapacity } from '#server/domain/instance-type.ts';
import type { RoutePublisher } from '#server/domain/route-publisher.ts';
import type { Database } from '#server/store/database.ts';

/** What commands work with. Handed down by the composition root; a command takes the parts that it needs. */
export interface CommandContext {
  database: Database;
  routes: RoutePublisher;
  /** 32 bytes; seals what must not be read from the database file. */
  masterKey: Buffer;
  host: HostCapacity;
  /** What this host can build for. */
  runtimes: HostRuntimes;
  externals: ExternalServers;
}
