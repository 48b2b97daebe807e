/** What a log can be narrowed to, as the address names it. */
export const STREAMS = ['all', 'stdout', 'stderr', 'system'] as const;
export const CONTAINERS = ['inference-server', 'storage-initializer', 'build'] as const;
export type LogContainer = (typeof CONTAINERS)[number];
export type StreamFilter = (typeof STREAMS)[number];
