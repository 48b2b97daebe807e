import type { DetectedModel, MODEL_TYPES, ModelFile } from '#lib/contracts/model.ts';

export type ModelType = (typeof MODEL_TYPES)[number];

export interface ModelRecord {
  name: string;
  description: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  /** Registered by a deployment from an inline model. */
  anonymous: boolean;
  /** Highest number given to a version so far. */
  lastNumber: number;
  revision: number;
  createdAt: number;
  updatedAt: number;
}

export interface ModelVersionRecord {
  modelName: string;
  version: string;
  type: ModelType;
  /** Where it came from, as written. */
  path: string;
  description: string;
  tags: Record<string, string>;
  properties: Record<string, string>;
  stage: string | null;
  detected: DetectedModel;
  sizeBytes: number;
  sha256: string;
  files: ModelFile[];
  revision: number;
  createdAt: number;
  updatedAt: number;
}
