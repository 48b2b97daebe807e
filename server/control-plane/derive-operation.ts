import type { BuildArtifact } from '#server/domain/environment-build.ts';
import { STAGES, type OperationRecord, type StageName, type StageRecord } from '#server/domain/operation.ts';
import { deploymentFacts, type DeploymentFacts, type InstanceFacts } from './deployment-facts.ts';
import type { EndpointObservation, RouteFacts } from './observe-endpoint.ts';

/** What a stage shows: done or not, in words with counts. Progress is given only where it is counted. */
interface StageView {
  done: boolean;
  message: string;
  progress: number | null;
}

export interface StageUpdate {
  name: StageName;
  status: StageRecord['status'];
  message: string;
  progress: number | null;
}

export interface DerivedOperation {
  id: string;
  /** Only the stages that differ from what is stored. */
  updates: StageUpdate[];
  succeeded: boolean;
}

/** Stages of a running operation as the world shows them. A stage begins when the one before has ended; all ended is success. */
export function deriveOperation(operation: OperationRecord, observation: EndpointObservation): DerivedOperation {
  const views = viewsOf(operation, observation);
  const updates: StageUpdate[] = [];
  let reached = true;
  for (const stage of operation.stages) {
    const view = stage.status === 'skipped' ? nothing : (views[stage.name] ?? nothing);
    const status = !reached ? 'pending' : view.done ? 'succeeded' : 'running';
    if (reached && differs(stage, status, view)) updates.push({ name: stage.name, status, ...shown(view) });
    reached = reached && view.done;
  }
  return { id: operation.id, updates, succeeded: reached };
}

const nothing: StageView = { done: true, message: '', progress: null };

const shown = ({ message, progress }: StageView) => ({ message, progress });

function differs(stage: StageRecord, status: StageRecord['status'], view: StageView): boolean {
  // A stage that has ended stays as it ended: a probe that fails later is another story.
  if (stage.status === 'succeeded' || stage.status === 'skipped') return false;
  return stage.status !== status || stage.message !== view.message || stage.progress !== view.progress;
}

type Views = Partial<Record<StageName, StageView>>;

function viewsOf(operation: OperationRecord, observation: EndpointObservation): Views {
  if (operation.kind === 'traffic.update') return trafficViews(operation, observation.routes);
  if (operation.kind === 'endpoint.delete') return deleteViews(allFacts(observation), observation.routes);
  const deployment = observation.deployments.find(({ name }) => name === operation.deploymentName);
  if (deployment === undefined) return {};
  const facts = deploymentFacts(observation, deployment);
  if (operation.kind === 'deployment.delete') return deleteViews([facts], observation.routes);
  return rolloutViews(facts, observation.routes);
}

const allFacts = (observation: EndpointObservation): DeploymentFacts[] =>
  observation.deployments.map((deployment) => deploymentFacts(observation, deployment));

function rolloutViews(facts: DeploymentFacts, routes: RouteFacts): Views {
  const { current, outdated, leaving, wantedCount } = facts;
  const started = current.filter(({ actual }) => actual !== null && actual.startedAt !== null);
  const ready = current.filter((instance) => instance.ready);
  const replaced = outdated.length + leaving.length;
  return {
    [STAGES.resolveModel]: { done: true, message: modelWords(facts), progress: null },
    [STAGES.prepareEnvironment]: environmentView(facts),
    [STAGES.startInstances]: counted(started.length, wantedCount, 'started'),
    [STAGES.becomeReady]: readyView(facts, ready.length),
    [STAGES.publishRoutes]: {
      done: facts.good && routes.upToDate && routes.settled,
      message: routeWords(routes),
      progress: null,
    },
    [STAGES.replaceInstances]: {
      done: replaced === 0,
      message: replaced === 0 ? 'No old instance is left.' : `${instances(replaced)} still to stop.`,
      progress: null,
    },
  };
}

function environmentView({ environment, deployment }: DeploymentFacts): StageView {
  switch (environment.kind) {
    case 'building':
      return { done: false, message: environment.step, progress: environment.progress };
    case 'ready':
      return {
        done: true,
        message: [artifactWords(environment.artifact), ...environment.warnings].join(' '),
        progress: null,
      };
    case 'not_needed':
      return nothing;
    default: {
      const { name, version } = deployment.spec.environment ?? { name: null, version: null };
      return { done: false, message: name === null ? '' : `${name}, version ${version}.`, progress: null };
    }
  }
}

function artifactWords(artifact: BuildArtifact): string {
  if (artifact.kind === 'venv') return `Python ${artifact.pythonVersion} with its packages.`;
  return artifact.digest === null ? `Image ${artifact.imageId.slice(0, 19)}.` : `Image ${artifact.digest}.`;
}

function modelWords({ deployment }: DeploymentFacts): string {
  const { model } = deployment.spec;
  return model === null ? 'No model.' : `${model.name}, version ${model.version}.`;
}

function counted(count: number, total: number, verb: string): StageView {
  return {
    done: count >= total,
    message: `${count} of ${instances(total)} ${verb}.`,
    progress: total > 1 ? Math.min(1, count / total) : null,
  };
}

function readyView({ good, current, wantedCount }: DeploymentFacts, ready: number): StageView {
  const view = counted(ready, wantedCount, 'ready');
  // Ready in full once is what counts: an instance that fails afterwards is restarted, and the operation goes on.
  if (good || view.done) return { ...view, done: true };
  const waiting = current.find((instance) => !instance.ready);
  return { ...view, message: `${view.message} ${waiting === undefined ? '' : waitingWords(waiting)}`.trim() };
}

function waitingWords({ row, actual }: InstanceFacts): string {
  if (actual === null) return '';
  if (actual.state === 'backing_off' && actual.lastExit !== null) {
    return `An instance ${actual.lastExit.reason}; it is being started again (${actual.restarts} so far).`;
  }
  return actual.probe.attempts === 0 ? '' : `Last answer to GET ${row.spec.readinessPath}: ${actual.probe.lastResult}.`;
}

function deleteViews(all: readonly DeploymentFacts[], routes: RouteFacts): Views {
  const rest = all.flatMap(({ current, outdated, leaving }) => [...current, ...outdated, ...leaving]);
  const routed = rest.filter(({ row }) => row.desired === 'run' || routes.routed.has(row.id));
  return {
    [STAGES.leaveRoutes]: { done: routed.length === 0 && routes.settled, message: routeWords(routes), progress: null },
    [STAGES.stopInstances]: {
      done: rest.length === 0,
      message: rest.length === 0 ? 'No instance is left.' : `${instances(rest.length)} still to stop.`,
      progress: null,
    },
    // Ends with the row, in the same transaction.
    [STAGES.removeFiles]: { done: false, message: 'Logs and working files.', progress: null },
  };
}

function trafficViews(operation: OperationRecord, routes: RouteFacts): Views {
  const target = operation.targetRouteRevision ?? 0;
  return {
    [STAGES.publishRoutes]: {
      done: routes.revision >= target,
      message: `Route table ${routes.revision}.`,
      progress: null,
    },
    [STAGES.confirmWorkers]: {
      done: routes.revision >= target && routes.connected && routes.settled,
      message: routeWords(routes),
      progress: routes.total > 0 ? routes.confirmed / routes.total : null,
    },
  };
}

function routeWords({ revision, confirmed, total, connected }: RouteFacts): string {
  if (!connected) return `Route table ${revision} is kept for the gateway, which is not connected.`;
  return `Route table ${revision} is served by ${confirmed} of ${total} gateway workers.`;
}

function instances(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}
