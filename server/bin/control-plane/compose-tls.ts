import type { ControlPlane } from '#server/control-plane/control-plane.ts';
import type { TlsSource } from '#server/domain/ports.ts';
import { systemClock } from '#server/kernel/clock.ts';
import type { DataDir } from '#server/kernel/data-dir.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { Database } from '#server/store/database.ts';
import { listEndpointNames } from '#server/store/endpoint-store.ts';
import { AcmeFiles } from '#server/tls/acme/acme-files.ts';
import { createAcmeKeeper } from '#server/tls/acme/acme-keeper.ts';
import { readLocalCa } from '#server/tls/read-local-ca.ts';
import type { TlsPlan } from '#server/tls/tls-config.ts';

export interface TlsSurroundings {
  database: Database;
  dataDir: DataDir;
  controlPlane: ControlPlane;
  logger: Logger;
}

export interface ComposedTls {
  source: TlsSource;
  /** Begins to look after certificates; there has to be a gateway that answers challenges. */
  start(): void;
  stop(): Promise<void>;
}

/** What the control plane knows of TLS, and does for it: it gets certificates by ACME; all else is the gateway's. */
export function composeTls(plan: TlsPlan, { database, dataDir, controlPlane, logger }: TlsSurroundings): ComposedTls {
  const served = { served: () => controlPlane.gatewayTls, readLocalCa: () => readLocalCa(dataDir.localCa) };
  if (plan.kind !== 'acme') {
    return { source: { ...served, readAcme: async () => null }, start: () => undefined, stop: async () => undefined };
  }
  const { acme } = plan;
  const keeper = createAcmeKeeper({
    plan: acme,
    files: new AcmeFiles(dataDir.acme),
    listEndpoints: () => listEndpointNames(database),
    answerChallenges: (answers) => controlPlane.answerChallenges(answers),
    clock: systemClock,
    logger,
  });
  const readAcme = async () => ({
    directory: acme.directory,
    challenge: acme.challenge,
    names: await keeper.states(),
  });
  return { source: { ...served, readAcme }, start: () => keeper.start(), stop: () => keeper.stop() };
}
