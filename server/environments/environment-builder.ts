import type { BuildLogLine, BuildRequest, EnvironmentBuilder } from '#server/domain/environment-build.ts';

/** Builders by runtime. Null where the runtime is not on this host. */
export interface Builders {
  process: EnvironmentBuilder;
  docker: EnvironmentBuilder | null;
}

/**
 * One builder for all runtimes: requests go where they name, everything else to whoever has the record. A request for Docker on a host without it
 * fails at once with `deployment.runtime_unavailable`.
 */
export function createEnvironmentBuilder({ process, docker }: Builders): EnvironmentBuilder {
  const all = docker === null ? [process] : [process, docker];

  async function ownerOf(key: string): Promise<EnvironmentBuilder> {
    return docker !== null && (await docker.find(key)) !== null ? docker : process;
  }

  return {
    async start() {
      await Promise.all(all.map((builder) => builder.start()));
    },
    async stop() {
      await Promise.all(all.map((builder) => builder.stop()));
    },
    async ensure(request) {
      const builder = request.runtime === 'docker' ? docker : process;
      return builder === null ? { kind: 'failed', failure: withoutDocker(request) } : builder.ensure(request);
    },
    async find(key) {
      return (await process.find(key)) ?? (await docker?.find(key)) ?? null;
    },
    readLog: async (key, options): Promise<BuildLogLine[]> => (await ownerOf(key)).readLog(key, options),
    followLog: async (key, after, onLine, signal) => (await ownerOf(key)).followLog(key, after, onLine, signal),
    async retain(keys) {
      await Promise.all(all.map((builder) => builder.retain(keys)));
    },
    onHint(listener) {
      const stops = all.map((builder) => builder.onHint(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function withoutDocker({ definition }: BuildRequest): {
  code: 'deployment.runtime_unavailable';
  detail: string;
  logTail: string[];
} {
  const instead = definition.build === null && definition.imageArchive === null && definition.image === null;
  return {
    code: 'deployment.runtime_unavailable',
    detail: `There is no Docker engine on this host. Install Docker and restart Viridian${instead ? ', or deploy with the process runtime, which needs Python packages only' : ''}.`,
    logTail: [],
  };
}
