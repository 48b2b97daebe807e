import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import type { EnvironmentBuilder } from '#server/domain/environment-build.ts';
import type { InstanceUse, InstanceUseSource, ServedTls } from '#server/domain/ports.ts';
import type { RoutePublisher } from '#server/domain/route-publisher.ts';
import type { RuntimeDriver } from '#server/drivers/runtime-driver.ts';
import {
  createRouteTablePublisher,
  type GatewaySignal,
  type GatewayWorker,
  type RouteTablePublisher,
} from '#server/routing/publish-route-table.ts';
import type { Database } from '#server/store/database.ts';
import type { ResourceSample } from '#server/telemetry/request-record.ts';
import type { InstallationPaths } from './installation-paths.ts';
import type { Refusal } from './observe-endpoint.ts';
import { createReconcileLoop } from './reconcile-loop.ts';
import { createSampleResourcesLoop } from './sample-resources-loop.ts';
import { createRouteSync } from './sync-routes.ts';

export interface ControlPlaneOptions {
  database: Database;
  driver: RuntimeDriver;
  environments: EnvironmentBuilder;
  paths: InstallationPaths;
  /** Of this host: decides whether an update has room beside what runs. */
  gpuCount?: number;
  /** Keys of builds that others wait for. */
  otherBuilds?: () => readonly string[];
  gatewaySocket: string;
  routeTablePath: string;
  /** CIDRs of proxies in front of the gateway whose word on their callers counts. */
  trustedForwarders?: readonly string[];
  clock: Clock;
  logger: Logger;
  /** Takes resource samples for telemetry; may lose them, and never waits. */
  recordSample: (sample: ResourceSample) => void;
}

/** Everything that changes the world: the reconcile loop, the driver, the publisher of routes. */
export interface ControlPlane {
  /** Adopts what runs, tells the gateway, and begins to reconcile. */
  start(): Promise<void>;
  /** Publishes what the store says, and tells who serves it. */
  readonly routes: RoutePublisher;
  readonly gatewayWorkers: readonly GatewayWorker[];
  /** What the gateway serves TLS with: null for nothing, undefined while it has not said. */
  readonly gatewayTls: ServedTls | null | undefined;
  /** Has every worker of the gateway answer these challenges of an ACME server and no others. */
  answerChallenges: RouteTablePublisher['answerChallenges'];
  /** CPU and memory of an instance at its last sample; null before the first. */
  instanceUse(instanceId: string): InstanceUse | null;
  findUnknown: InstanceUseSource['findUnknown'];
  ejection: InstanceUseSource['ejection'];
  /** Resolves when no pass runs and none is due at once. */
  idle(): Promise<void>;
  /** Ends the loops. Instances keep running unless they are to be ended too; then the next start brings them back. */
  stop(options?: { endInstances: boolean }): Promise<void>;
}

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { database, driver, environments, paths, clock, logger } = options;
  const publisher = createRouteTablePublisher({
    socketPath: options.gatewaySocket,
    onSignal,
    onWorkers: () => loop.lookAtUnfinished(),
    onRefused: (revision, reason) => logger.error({ revision, reason }, 'The gateway refused a route table'),
    onError: (error) => logger.warn({ err: error }, 'The connection to the gateway failed'),
  });
  const sync = createRouteSync({
    database,
    publisher,
    routeTablePath: options.routeTablePath,
    trustedForwarders: options.trustedForwarders ?? [],
  });
  const refusals = new Map<string, Refusal>();
  const loop = createReconcileLoop({
    database,
    driver,
    environments,
    gpuCount: options.gpuCount ?? 0,
    otherBuilds: options.otherBuilds ?? (() => []),
    routes: publisher,
    sync,
    paths,
    clock,
    refusals,
    logger,
  });
  const samples = createSampleResourcesLoop({ driver, database, clock, logger, record: options.recordSample });

  /** Hints: what is said of an instance is looked at, not believed. */
  function onSignal(signal: GatewaySignal): void {
    if (signal.type === 'instance_failing') driver.check(signal.instance);
    loop.look(signal.endpoint);
  }

  return {
    async start() {
      await driver.start();
      await environments.start();
      await publisher.tried;
      await loop.start();
      samples.start();
    },
    routes: {
      async publishAndConfirm(timeoutMs) {
        await sync.sync();
        return publisher.confirm(timeoutMs);
      },
      current: publisher.confirmation,
    },
    get gatewayWorkers() {
      return publisher.workers;
    },
    get gatewayTls() {
      return publisher.tls;
    },
    answerChallenges: (challenges) => publisher.answerChallenges(challenges),
    instanceUse: samples.latest,
    async findUnknown() {
      const seen = await driver.observe();
      return new Map(
        seen.flatMap(({ instanceId, unknownSince }) => (unknownSince ? [[instanceId, unknownSince]] : [])),
      );
    },
    ejection: (instanceId) => publisher.ejections.find(({ instance }) => instance === instanceId) ?? null,
    idle: () => loop.idle(),
    async stop({ endInstances } = { endInstances: false }) {
      await samples.stop();
      await loop.stop();
      publisher.close();
      if (endInstances) await driver.suspend();
      await driver.stop();
      await environments.stop();
    },
  };
}
