import {
  BUILD_STAGE,
  type OperationKind,
  type OperationStatus,
  type STAGE_STATUSES,
} from '#lib/contracts/operation.ts';
import type { Problem } from '#lib/contracts/problem.ts';

export type StageStatus = (typeof STAGE_STATUSES)[number];

export const STAGES = {
  resolveModel: 'Resolve model',
  prepareEnvironment: BUILD_STAGE,
  startInstances: 'Start instances',
  becomeReady: 'Become ready',
  publishRoutes: 'Publish routes',
  replaceInstances: 'Replace old instances',
  leaveRoutes: 'Take out of routing',
  stopInstances: 'Stop instances',
  removeFiles: 'Remove files',
  confirmWorkers: 'Confirm in every gateway worker',
  findFiles: 'Find the files',
  fetchFiles: 'Fetch the files',
  storeVersion: 'Store the version',
} as const;
export type StageName = (typeof STAGES)[keyof typeof STAGES];

/** Stages of each kind, in order. Stages that turn out to be unnecessary end `skipped`. */
export const STAGES_OF: Readonly<Record<OperationKind, readonly StageName[]>> = {
  'deployment.create': [
    STAGES.resolveModel,
    STAGES.prepareEnvironment,
    STAGES.startInstances,
    STAGES.becomeReady,
    STAGES.publishRoutes,
  ],
  'deployment.update': [
    STAGES.resolveModel,
    STAGES.prepareEnvironment,
    STAGES.startInstances,
    STAGES.becomeReady,
    STAGES.publishRoutes,
    STAGES.replaceInstances,
  ],
  'deployment.restart': [
    STAGES.prepareEnvironment,
    STAGES.startInstances,
    STAGES.becomeReady,
    STAGES.publishRoutes,
    STAGES.replaceInstances,
  ],
  'deployment.delete': [STAGES.leaveRoutes, STAGES.stopInstances, STAGES.removeFiles],
  'endpoint.delete': [STAGES.leaveRoutes, STAGES.stopInstances, STAGES.removeFiles],
  'traffic.update': [STAGES.publishRoutes, STAGES.confirmWorkers],
  'model.register': [STAGES.findFiles, STAGES.fetchFiles, STAGES.storeVersion],
};

export interface StageRecord {
  name: StageName;
  status: StageStatus;
  startedAt: number | null;
  finishedAt: number | null;
  /** 0 to 1; null when it cannot be known. */
  progress: number | null;
  message: string;
}

export interface OperationRecord {
  /** Time-ordered. */
  id: string;
  kind: OperationKind;
  resource: string;
  /** Empty for one that concerns no endpoint. */
  endpointName: string;
  deploymentName: string | null;
  status: OperationStatus;
  /** Spec hash that a deployment's operation works towards. */
  targetSpecHash: string | null;
  /** Route table revision that a change of traffic waits for. */
  targetRouteRevision: number | null;
  stages: StageRecord[];
  error: Problem | null;
  actor: string;
  createdAt: number;
  finishedAt: number | null;
}
