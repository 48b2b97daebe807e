import type { TrafficMap } from '#lib/contracts/endpoint.ts';

export type AuthMode = 'key' | 'aml_token' | 'aad_token';
export type DesiredState = 'run' | 'delete';

/** What may be asked of an endpoint, or by one of its callers. */
export interface RequestLimits {
  requestsPerSecond: number | null;
  /** Requests that may come at once before the rate counts; a second's worth where it is left out. */
  burst?: number;
  concurrency: number | null;
  maxBodyBytes: number | null;
}

export interface EndpointLimits extends RequestLimits {
  /** Of each key by itself, and of each holder of tokens. */
  perKey?: RequestLimits;
}

export interface MirrorComparison {
  /** Share of the copies, in whole percent. */
  samplePercent: number;
  /** 0 to 1. */
  relativeTolerance: number;
}

/** What a person decides about an endpoint, apart from its split. */
export interface EndpointSettings {
  description: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  authMode: AuthMode;
  publicNetworkAccess: 'enabled' | 'disabled';
  /** CIDRs of callers that are let in, besides this host, where public network access is disabled. */
  allowedNetworks: string[];
  identity: Record<string, unknown> | null;
  compute: string | null;
  stickyHeader: string | null;
  limits: EndpointLimits | null;
  idempotentPredictions: boolean;
  mapModelErrors: boolean;
  allowWebsocket: boolean;
  corsOrigins: string[];
  /** How answers of mirrors are compared with live ones; null where they are not. */
  mirrorComparison: MirrorComparison | null;
}

export interface Split {
  /** Deployment to whole percent; zeros are left out. Sums to 0 or 100. */
  traffic: TrafficMap;
  mirrorTraffic: TrafficMap;
}

export interface EndpointRecord extends EndpointSettings, Split {
  /** Lower case. */
  name: string;
  /** Random and never given again: an endpoint that is deleted and made anew under its name is another one. */
  uid: string;
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
