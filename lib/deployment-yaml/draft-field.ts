/** Fields that can be at fault, named as the page anchors them. */
export type DraftField =
  | 'model'
  | 'model-name'
  | 'script'
  | 'packages'
  | 'external-urls'
  | 'external-health-path'
  | 'external-headers'
  | 'external-grpc-port'
  | 'container-image'
  | 'container-context'
  | 'container-dockerfile'
  | 'container-archive'
  | 'container-port'
  | 'container-probe-port'
  | 'container-grpc-port'
  | 'container-scoring-path'
  | 'container-readiness-path'
  | 'container-liveness-path'
  | 'container-command'
  | 'container-variables'
  | 'container-mount-path'
  | 'container-user'
  | 'instance-type'
  | 'instance-count'
  | 'request-timeout'
  | 'request-concurrency'
  | 'request-queue-wait'
  | 'readiness-probe'
  | 'liveness-probe'
  | 'endpoint-name'
  | 'deployment-name'
  | 'traffic';

export interface DraftFault {
  field: DraftField;
  /** A sentence of its own. */
  message: string;
}
