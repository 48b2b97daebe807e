'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Hammer } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { DeploymentUsers } from '#components/endpoints/deployment-users.tsx';
import { useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { PageHead, Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { EnvironmentVersion } from '#lib/contracts/environment.ts';
import type { Problem } from '#lib/contracts/problem.ts';
import { formatInstant } from '#lib/format/time.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { environmentVersionQuery } from '#lib/queries/environments.ts';
import { keys } from '#lib/queries/keys.ts';
import { buildEnvironment, deleteEnvironmentVersion } from '../actions.ts';
import { BuildPanel } from './build-panel.tsx';
import { DeploymentBuilds } from './deployment-builds.tsx';
import { environmentPath, KIND_WORDS } from './environment-words.ts';
import { PackageTable } from './package-table.tsx';
import { RefreshNote } from './refresh-note.tsx';

/** One version: what it is made from, what became of its builds, and who uses it. */
export function EnvironmentVersionView({ environment, version }: { environment: string; version: string }) {
  const { data, error, refetch } = useQuery(environmentVersionQuery(environment, version));
  if (error && data === undefined) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title={`Version ${version} of ${environment} could not be read`}
        onRetry={() => void refetch()}
      />
    );
  }
  if (data === undefined) return <SkeletonRows label="the environment version" rows={6} />;
  return (
    <>
      <PageHead
        title={`${environment}, version ${version}`}
        aside={<Chip>{KIND_WORDS[data.kind]}</Chip>}
        actions={<DeleteVersion data={data} />}
      />
      <div className="grid gap-8">
        <DeploymentBuilds data={data} />
        <Builds data={data} />
        <Definition data={data} />
        <Packages data={data} />
      </div>
    </>
  );
}

function Builds({ data }: { data: EnvironmentVersion }) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isBuilt = data.builds.length > 0;
  const isBuilding = data.builds.some(({ state }) => state === 'building');

  async function begin(): Promise<void> {
    setBusy(true);
    const result = await buildEnvironment(data.name, data.version, isBuilt);
    setBusy(false);
    if (!result.ok) return setProblem(result.problem);
    setProblem(null);
    client.setQueryData(environmentVersionQuery(data.name, data.version).queryKey, result.data);
  }

  const button = (
    <Button
      busy={busy}
      isDisabled={isBuilding}
      icon={<Hammer size={16} aria-hidden="true" />}
      onPress={() => void begin()}
    >
      {isBuilt ? 'Build anew' : 'Build now'}
    </Button>
  );
  return (
    <Section
      title="Builds"
      aside={<span className="text-muted">build number {data.build_number}</span>}
      actions={button}
    >
      {data.refresh ? (
        <div className="mb-3">
          <RefreshNote refresh={data.refresh} />
        </div>
      ) : null}
      {problem ? <ErrorState problem={problem} title="The build was not begun" className="mb-3" /> : null}
      {isBuilt ? (
        <div className="grid gap-4">
          {data.builds.map((one) => (
            <BuildPanel key={one.key} version={data} build={one} />
          ))}
          <p className="text-xs text-muted">
            A new build is for what is deployed from now on. Deployments keep the build that they were deployed with,
            until they are rolled to the newest.
          </p>
        </div>
      ) : (
        <EmptyState title="Not built yet">
          It is built when a deployment needs it first. Build it now to have that behind you.
        </EmptyState>
      )}
    </Section>
  );
}

function Definition({ data }: { data: EnvironmentVersion }) {
  const style = useTimeStyle();
  const code = (text: string) => <code className="font-mono text-xs wrap-anywhere">{text}</code>;
  const routes = Object.entries(data.inference_config ?? {}).flatMap(([route, to]) =>
    to === undefined
      ? []
      : [route.replace('_route', ''), 'path' in to && to.path, to.port !== undefined && `on ${to.port}`]
          .filter((word) => word !== false)
          .join(' '),
  );
  return (
    <Section title="Definition">
      <div className="grid items-start gap-4 border-t border-line pt-3 lg:grid-cols-2">
        <Facts
          items={[
            ...(data.description ? [{ term: 'Description', value: data.description }] : []),
            ...(data.image ? [{ term: 'Image', value: code(data.image) }] : []),
            ...(data.build ? [{ term: 'Dockerfile', value: code(data.build.dockerfile_path) }] : []),
            ...(data.build ? [{ term: 'Context', value: code(data.build.path) }] : []),
            ...(data.image_archive ? [{ term: 'Saved image', value: code(data.image_archive) }] : []),
            ...(routes.length > 0 ? [{ term: 'Routes', value: routes.join(', ') }] : []),
            { term: 'Written', value: formatInstant(data.created_at, style) },
            { term: 'Used by', value: <DeploymentUsers usedBy={data.used_by} /> },
          ]}
        />
        {data.conda_file ? <CodeBlock label="conda file" code={data.conda_file} maxHeight="md" /> : null}
        {data.pip_requirements ? (
          <CodeBlock label="pip requirements" code={data.pip_requirements} maxHeight="md" />
        ) : null}
      </div>
    </Section>
  );
}

function Packages({ data }: { data: EnvironmentVersion }) {
  const built = data.builds.find(({ packages }) => packages.length > 0);
  return built ? <PackageTable packages={built.packages} /> : null;
}

function DeleteVersion({ data }: { data: EnvironmentVersion }) {
  const router = useRouter();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const isUsed = data.used_by.length > 0;
  return (
    <>
      <Button
        variant="danger"
        isDisabled={isUsed}
        title={isUsed ? 'Deployments use it' : undefined}
        onPress={() => setAsking(true)}
      >
        Delete…
      </Button>
      <ConfirmDialog
        isOpen={asking}
        onOpenChange={setAsking}
        title={`Delete version ${data.version} of ${data.name}?`}
        confirmLabel="Delete version"
        isDangerous
        onConfirm={async () => {
          const result = await deleteEnvironmentVersion(data.name, data.version, data.revision);
          if (!result.ok) return result.problem;
          await client.invalidateQueries({ queryKey: keys.environments.all() });
          toast({ text: `Deleted version ${data.version} of ${data.name}` });
          router.push(environmentPath(data.name));
          return null;
        }}
      >
        Its builds go with it. The number is not given to another version.
      </ConfirmDialog>
    </>
  );
}
