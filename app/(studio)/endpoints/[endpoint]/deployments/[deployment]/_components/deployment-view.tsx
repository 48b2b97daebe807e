'use client';

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { DeploymentMark } from '#components/ui/deployment.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink, Link } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Deployment } from '#lib/contracts/deployment.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse } from '#lib/format/money.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { deploymentQuery } from '#lib/queries/deployments.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import { statusOfDeployment } from '../../../_components/deployment-status.ts';
import { DeployedCode } from './deployment-code.tsx';
import { InstanceTable } from './instance-table.tsx';
import { useEnvironmentFacts } from './use-environment-facts.tsx';

/** One deployment: what it is made of, what runs, and why it failed where it did. */
export function DeploymentView({ endpoint, name }: { endpoint: string; name: string }) {
  const { data: deployment, error, refetch } = useQuery(deploymentQuery(endpoint, name));
  if (error && deployment === undefined) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title={`The deployment ${name} could not be read`}
        onRetry={() => void refetch()}
      />
    );
  }
  if (deployment === undefined) return <SkeletonRows label="the deployment" rows={6} />;
  return (
    <div className="grid gap-8">
      <DeploymentHead endpoint={endpoint} deployment={deployment} />
      {deployment.error ? <DeploymentFault endpoint={endpoint} deployment={deployment} /> : null}
      {deployment.warnings.map((warning) => (
        <Note key={warning} tone="warning">
          {warning}
        </Note>
      ))}
      <InstanceTable endpoint={endpoint} deployment={deployment} />
      {deployment.code_configuration ? <DeployedCode key={deployment.spec_hash} deployment={deployment} /> : null}
      <div className="grid gap-8 lg:grid-cols-2">
        <EffectiveSettings deployment={deployment} />
        <Section title="As it was written">
          <CodeBlock label="Definition of the deployment" code={formatJson(definitionOf(deployment))} maxHeight="lg" />
        </Section>
      </div>
    </div>
  );
}

function DeploymentHead({ endpoint, deployment }: { endpoint: string; deployment: Deployment }) {
  const base = `/endpoints/${encodeURIComponent(endpoint)}`;
  const name = encodeURIComponent(deployment.name);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <DeploymentMark slot={deployment.colour_slot} size={14} />
      <h2 className="text-lg">{deployment.name}</h2>
      <StatusChip {...statusOfDeployment(deployment)} />
      <span className="text-muted">{deployment.traffic_percent} % of the traffic</span>
      <span className="ms-auto flex flex-wrap gap-2">
        <ButtonLink href={`${base}/deployments/new?from=${name}`}>Edit</ButtonLink>
        <ButtonLink href={`${base}/test?deployment=${name}`}>Test</ButtonLink>
        <ButtonLink href={`${base}/logs?dep=${name}`}>Logs</ButtonLink>
        {deployment.operation_id ? (
          <ButtonLink href={`${base}/operations/${deployment.operation_id}`}>Last operation</ButtonLink>
        ) : null}
      </span>
    </div>
  );
}

/** Why it failed, and that it costs where it still holds an instance. */
function DeploymentFault({ endpoint, deployment }: { endpoint: string; deployment: Deployment }) {
  const { locale } = usePreferences();
  const { error: problem } = deployment;
  if (problem === null) return null;
  const held = deployment.run_rate_micros_per_hour;
  const cost = figureText(formatHourlyRateInProse(held, deployment.currency, locale));
  return (
    <Note
      tone="danger"
      role="alert"
      actions={
        deployment.operation_id ? (
          <Link href={`/endpoints/${encodeURIComponent(endpoint)}/operations/${deployment.operation_id}`}>
            See the evidence and what to do
          </Link>
        ) : null
      }
    >
      <b className="font-medium">{problem.title}.</b> {problem.detail}
      {held > 0 ? (
        <p className="mt-1">It still holds an instance, which costs {cost} until it is changed or deleted.</p>
      ) : null}
    </Note>
  );
}

function EffectiveSettings({ deployment }: { deployment: Deployment }) {
  const { locale } = usePreferences();
  const environment = useEnvironmentFacts(deployment);
  const { request_settings: requests, readiness_probe: readiness, liveness_probe: liveness } = deployment;
  const probe = (settings: typeof readiness): string =>
    `every ${settings.period} s, time-out ${settings.timeout} s, gives up after ${settings.failure_threshold}`;
  const [, model, version] = /^azureml:([^:]+):(.+)$/.exec(deployment.model ?? '') ?? [];
  return (
    <Section title="Effective settings">
      <div className="border-t border-line pt-3">
        <Facts
          items={[
            ...serversOf(deployment),
            {
              term: 'Model',
              value:
                model && version ? (
                  <Link
                    href={`/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`}
                  >{`${model}, version ${version}`}</Link>
                ) : (
                  '–'
                ),
            },
            ...environment,
            { term: 'Runtime', value: [deployment.runtime, deployment.runtime_reason].filter(Boolean).join('. ') },
            {
              term: 'Instance type',
              value:
                deployment.external && deployment.price_per_hour_micros === 0
                  ? 'none, so nothing is charged for it here'
                  : `${deployment.instance_type}, ${figureText(formatHourlyRateInProse(deployment.price_per_hour_micros, deployment.currency, locale))} each`,
            },
            { term: 'Instances', value: `${deployment.ready_instances} of ${deployment.instance_count} ready` },
            { term: 'Requests at once', value: `${requests.max_concurrent_requests_per_instance} per instance` },
            {
              term: 'Time-out',
              value: `${requests.request_timeout_ms / 1000} s to the first byte, ${requests.max_queue_wait_ms / 1000} s in the queue`,
            },
            { term: 'Readiness', value: probe(readiness) },
            { term: 'Liveness', value: probe(liveness) },
            { term: 'Spec', value: <code className="font-mono text-xs">{deployment.spec_hash.slice(0, 12)}</code> },
          ]}
        />
      </div>
    </Section>
  );
}

/** Of external servers: where they are and how they are asked for their health. */
function serversOf({ external }: Deployment): { term: string; value: ReactNode }[] {
  if (external === undefined) return [];
  const names = Object.keys(external.headers);
  return [
    { term: 'Servers', value: <span className="font-mono text-xs wrap-anywhere">{external.urls.join(', ')}</span> },
    { term: 'Health path', value: <code className="font-mono text-xs">{external.health_path}</code> },
    ...(names.length > 0 ? [{ term: 'Headers', value: `${names.join(', ')}, values sealed` }] : []),
  ];
}

/** The fields that a write would take, for a copy that can be sent back. */
function definitionOf(deployment: Deployment): Partial<Deployment> {
  const {
    name,
    endpoint_name,
    model,
    instance_type,
    instance_count,
    request_settings,
    liveness_probe,
    readiness_probe,
    environment_variables,
    runtime,
    command,
    type,
    external,
    environment,
    model_mount_path,
    code_configuration,
    container,
  } = deployment;
  if (external) {
    return { name, endpoint_name, type, external, request_settings, liveness_probe, readiness_probe };
  }
  return {
    name,
    endpoint_name,
    model,
    instance_type,
    instance_count,
    request_settings,
    liveness_probe,
    readiness_probe,
    environment_variables,
    ...(environment !== undefined && { environment }),
    ...(model_mount_path && { model_mount_path }),
    ...(code_configuration && { code_configuration }),
    ...(runtime && { runtime }),
    ...(command && { command }),
    ...(container && { container }),
  };
}
