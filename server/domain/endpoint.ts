import type { TrafficMap } from '#lib/contracts/endpoint.ts';

export type AuthMode = 'key' | 'aml_token' | 'aad_token';
export type DesiredState = 'run' | 'delete';

export interface EndpointLimits {
  requestsPerSecond: number | null;
  concurrency: number | null;
  maxBodyBytes: number | null;
}

/** What a person decides about an endpoint, apart from its split. */
export interface EndpointSettings {
  description: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  authMode: AuthMode;
  publicNetworkAccess: 'enabled' | 'disabled';
  identity: Record<string, unknown> | null;
  compute: string | null;
  stickyHeader: string | null;
  limits: EndpointLimits | null;
  idempotentPredictions: boolean;
  mapModelErrors: boolean;
  allowWebsocket: boolean;
  corsOrigins: string[];
}

export interface Split {
  /** Deployment to whole percent; zeros are left out. Sums to 0 or 100. */
  traffic: TrafficMap;
  mirrorTraffic: TrafficMap;
}

export interface EndpointRecord extends EndpointSettings, Split {
  /** Lower case. */
  name: string;
  desiredState: DesiredState;
  revision: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

export const KEY_SLOTS = ['primary', 'secondary'] as const;
export type KeySlot = (typeof KEY_SLOTS)[number];

export interface EndpointKeyRecord {
  endpointName: string;
  slot: KeySlot;
  ciphertext: string;
  /** SHA-256 in hex. */
  sha256: string;
  createdAt: number;
}
