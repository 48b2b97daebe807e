import type { ChangeEvent } from '#lib/contracts/event.ts';
import type { Activity } from '#lib/contracts/endpoint.ts';

/** `status` is what the control plane observed; the others are intents, and what wakes the reconcile loop. */
export type ChangeKind = ChangeEvent['kind'];

export interface Change {
  resource: string;
  kind: ChangeKind;
  revision: number | null;
}

export interface RecordedChange extends Change {
  /** Position in the feed. */
  id: number;
  at: number;
}

export interface NewActivity {
  endpointName: string;
  deploymentName: string | null;
  kind: Activity['kind'];
  actor: string;
  /** A sentence for people. */
  text: string;
  operationId: string | null;
  revision: number | null;
}
