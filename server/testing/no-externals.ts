import type { ExternalServers } from '#server/domain/external-server.ts';

const refuse = (): never => {
  throw new Error('This test has no external servers.');
};

/** For commands in tests that have nothing to do with servers elsewhere. */
export const NO_EXTERNALS: ExternalServers = { resolve: refuse, probe: refuse, seal: refuse, open: refuse };
