/**
 * Query keys of every resource: what a key starts with can be invalidated as a whole. `apply-change.ts` maps change events to them.
 */
export const keys = {
  info: () => ['info'] as const,
  health: () => ['health'] as const,
  tls: () => ['tls'] as const,
  endpoints: {
    all: () => ['endpoints'] as const,
    list: () => ['endpoints', 'list'] as const,
    /** Everything below one endpoint. */
    one: (endpoint: string) => ['endpoints', 'one', endpoint] as const,
    detail: (endpoint: string) => ['endpoints', 'one', endpoint, 'detail'] as const,
    traffic: (endpoint: string) => ['endpoints', 'one', endpoint, 'traffic'] as const,
    trafficHistory: (endpoint: string) => ['endpoints', 'one', endpoint, 'traffic-history'] as const,
    mirrorComparisons: (endpoint: string) => ['endpoints', 'one', endpoint, 'mirror-comparisons'] as const,
    activity: (endpoint: string) => ['endpoints', 'one', endpoint, 'activity'] as const,
    deployments: (endpoint: string) => ['endpoints', 'one', endpoint, 'deployments'] as const,
  },
  deployments: {
    detail: (endpoint: string, deployment: string) =>
      ['endpoints', 'one', endpoint, 'deployments', deployment] as const,
    code: (endpoint: string, deployment: string) =>
      ['endpoints', 'one', endpoint, 'deployments', deployment, 'code'] as const,
    instances: (endpoint: string, deployment: string) =>
      ['endpoints', 'one', endpoint, 'deployments', deployment, 'instances'] as const,
  },
  operations: {
    all: () => ['operations'] as const,
    list: (filters: Record<string, string>) => ['operations', 'list', filters] as const,
    detail: (id: string) => ['operations', 'one', id] as const,
  },
  models: {
    all: () => ['models'] as const,
    list: (search = '') => ['models', 'list', search] as const,
    detail: (model: string) => ['models', 'one', model, 'detail'] as const,
    versions: (model: string) => ['models', 'one', model, 'versions'] as const,
    version: (model: string, version: string) => ['models', 'one', model, 'versions', version] as const,
    file: (model: string, version: string, path: string) =>
      ['models', 'one', model, 'versions', version, 'file', path] as const,
    samples: () => ['models', 'samples'] as const,
  },
  environments: {
    all: () => ['environments'] as const,
    list: () => ['environments', 'list'] as const,
    versions: (environment: string) => ['environments', 'one', environment, 'versions'] as const,
    version: (environment: string, version: string) =>
      ['environments', 'one', environment, 'versions', version] as const,
  },
  registries: {
    all: () => ['registries'] as const,
    list: () => ['registries', 'list'] as const,
  },
  uploads: {
    detail: (id: string) => ['uploads', id] as const,
  },
  instanceTypes: {
    all: () => ['instance-types'] as const,
    list: () => ['instance-types', 'list'] as const,
  },
  metrics: {
    all: () => ['metrics'] as const,
    query: (query: Record<string, unknown>) => ['metrics', query] as const,
  },
  costs: {
    all: () => ['costs'] as const,
    query: (query: Record<string, unknown>) => ['costs', query] as const,
  },
  activity: {
    all: () => ['activity'] as const,
    list: (limit: number) => ['activity', 'list', limit] as const,
  },
  logs: {
    tail: (endpoint: string, deployment: string, options: Record<string, unknown>) =>
      ['logs', endpoint, deployment, options] as const,
  },
  tokenSigningKeys: () => ['token-signing-keys'] as const,
  apiKeys: {
    all: () => ['api-keys'] as const,
    list: () => ['api-keys', 'list'] as const,
  },
} as const;
