import type { CommandContext } from '#server/commands/command-context.ts';
import type { CheckContext } from '#server/commands/check-context.ts';
import type { EnvironmentContext } from '#server/commands/environment-context.ts';
import type { ModelImports } from '#server/commands/import-model-version.ts';
import type { AnswerMemory } from '#server/commands/remember-answer.ts';
import type { ModelContext } from '#server/commands/model-context.ts';
import type { ComparisonSource, InstanceUseSource, MetricsSource } from '#server/domain/ports.ts';
import type { RegistryProbe } from '#server/domain/registry.ts';
import type { Uploads } from '#server/models/uploads.ts';
import type { InfoContext } from '#server/queries/get-info.ts';
import type { EnvironmentsContext } from '#server/queries/list-environments.ts';
import type { TlsContext } from '#server/queries/get-tls.ts';
import type { SamplesContext } from '#server/queries/list-samples.ts';
import type { LogsContext } from '#server/queries/read-logs.ts';
import type { AnyRoute } from '../route.ts';
import { checkRoutes } from './check-routes.ts';
import { costRoutes } from './cost-routes.ts';
import { deploymentCodeRoute } from './deployment-code-route.ts';
import { deploymentRoutes } from './deployment-routes.ts';
import { endpointRoutes } from './endpoint-routes.ts';
import { environmentRoutes } from './environment-routes.ts';
import { eventRoutes } from './event-routes.ts';
import { externalServerRoutes } from './external-server-routes.ts';
import { type IdentityRoutesContext, identityRoutes } from './identity-routes.ts';
import { infoRoutes } from './info-routes.ts';
import { instanceTypeRoutes } from './instance-type-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { logRoutes } from './log-routes.ts';
import { metricsRoutes } from './metrics-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import { signingKeyRoutes } from './signing-key-routes.ts';
import { tlsRoutes } from './tls-routes.ts';
import { trafficRoutes } from './traffic-routes.ts';
import { uploadRoutes } from './upload-routes.ts';

/** Everything that the routes need; the composition root puts it together. */
export type ApiContext = CommandContext &
  Omit<InfoContext, 'host'> &
  Omit<ModelContext, 'uploads'> &
  IdentityRoutesContext &
  LogsContext &
  TlsContext &
  SamplesContext &
  Pick<EnvironmentContext, 'storedFiles' | 'environments'> &
  Pick<EnvironmentsContext, 'environmentRefreshMs'> &
  Pick<CheckContext, 'trials' | 'checkPackages' | 'runProgram' | 'pythonServerDir'> & {
    uploads: Uploads;
    imports: ModelImports;
    registryProbe: RegistryProbe;
    /** What was answered to requests with an `Idempotency-Key`. */
    answers: AnswerMemory;
    metrics: MetricsSource;
    comparisons: ComparisonSource;
    instanceUse: InstanceUseSource;
    /** Port of the gateway on loopback. */
    gatewayPort: number;
    hostFacts: InfoContext['host'];
  };

/** Every route of the REST API. */
export function allRoutes(context: ApiContext): AnyRoute[] {
  return [
    ...infoRoutes({ ...context, host: context.hostFacts }),
    ...tlsRoutes(context),
    ...endpointRoutes(context),
    ...trafficRoutes(context),
    ...keyRoutes(context),
    ...deploymentRoutes(context),
    deploymentCodeRoute(context),
    ...externalServerRoutes(context),
    ...logRoutes(context),
    ...operationRoutes(context),
    ...modelRoutes(context),
    ...environmentRoutes(context),
    ...checkRoutes(context),
    ...uploadRoutes(context),
    ...instanceTypeRoutes(context),
    ...metricsRoutes(context),
    ...costRoutes(context),
    ...eventRoutes(context),
    ...identityRoutes(context),
    ...signingKeyRoutes(context),
    ...registryRoutes(context),
  ];
}
