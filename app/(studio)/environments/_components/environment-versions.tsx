'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { Age } from '#components/layout/age.tsx';
import { DeploymentUsers } from '#components/endpoints/deployment-users.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { StatusChip } from '#components/ui/chip.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink, Link } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { EnvironmentVersion } from '#lib/contracts/environment.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { environmentVersionsQuery } from '#lib/queries/environments.ts';
import { environmentPath, KIND_WORDS, leadingBuild, statusOfBuild } from './environment-words.ts';

/** Every version of an environment, newest first. */
export function EnvironmentVersions({ environment }: { environment: string }) {
  const { data: versions, error, refetch, isFetching } = useQuery(environmentVersionsQuery(environment));
  return (
    <>
      <PageHead
        title={environment}
        aside={versions ? `${versions.length} ${versions.length === 1 ? 'version' : 'versions'}` : null}
        actions={
          <ButtonLink
            href={`/environments/new?name=${encodeURIComponent(environment)}`}
            variant="primary"
            icon={<Plus size={16} aria-hidden="true" />}
          >
            New version
          </ButtonLink>
        }
      />
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title="The versions could not be read"
          onRetry={() => void refetch()}
          isRetrying={isFetching}
        />
      ) : null}
      {versions === undefined && !error ? <SkeletonRows label="the versions" rows={4} /> : null}
      {versions && versions.length > 0 ? (
        <Table label={`Versions of ${environment}`}>
          <thead>
            <tr>
              <HeadCell>Version</HeadCell>
              <HeadCell>Made from</HeadCell>
              <HeadCell>Build</HeadCell>
              <HeadCell numeric>Size</HeadCell>
              <HeadCell numeric>Packages</HeadCell>
              <HeadCell>Used by</HeadCell>
              <HeadCell numeric>Written</HeadCell>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <VersionRow key={version.version} version={version} />
            ))}
          </tbody>
        </Table>
      ) : null}
    </>
  );
}

function VersionRow({ version }: { version: EnvironmentVersion }) {
  const { locale } = usePreferences();
  const build = leadingBuild(version.builds);
  return (
    <Row>
      <RowHeader>
        <Link look="object" href={environmentPath(version.name, version.version)}>
          {version.version}
        </Link>
      </RowHeader>
      <Cell>{KIND_WORDS[version.kind]}</Cell>
      <Cell>
        <StatusChip {...statusOfBuild(build?.state ?? 'not_built')} />
      </Cell>
      <Cell numeric>{build?.size_bytes == null ? '–' : <Figure {...formatBytes(build.size_bytes, locale)} />}</Cell>
      <Cell numeric>{build && build.packages.length > 0 ? build.packages.length : '–'}</Cell>
      <Cell>
        {version.used_by.length === 0 ? '–' : <DeploymentUsers usedBy={version.used_by} />}
        <BehindMark version={version} />
      </Cell>
      <Cell numeric>
        <Age at={version.created_at} />
      </Cell>
    </Row>
  );
}

function BehindMark({ version }: { version: EnvironmentVersion }) {
  const behind = version.deployments.filter(({ state }) => state === 'behind').length;
  return behind === 0 ? null : <StatusChip status="degraded" size="sm" word={`${behind} behind`} />;
}
