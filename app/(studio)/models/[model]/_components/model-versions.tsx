'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asServedHere } from '#components/deployments/wizard/served-by-host.ts';
import { Age } from '#components/layout/age.tsx';
import { usePreferences } from '#components/layout/preferences.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink, Link } from '#components/ui/link.tsx';
import { PageHead } from '#components/ui/panel.tsx';
import { Figure } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import { isArchived } from '#lib/format/model-stage.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { describeUser } from '#lib/format/deployment-user.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { modelVersionsQuery } from '#lib/queries/models.ts';
import { deployHref, MODEL_TYPE_WORDS } from '../../_components/model-words.ts';
import { RunningRegistrations } from '../../_components/running-registrations.tsx';
import { ModelAbout, ModelActions } from './model-about.tsx';

/** Every version of a model, newest first. */
export function ModelVersions({ model }: { model: string }) {
  const { data: versions, error, refetch, isFetching } = useQuery(modelVersionsQuery(model));
  const { data: info = null } = useQuery(infoQuery());
  const { locale } = usePreferences();
  const [showsArchived, setShowsArchived] = useState(false);
  const archived = versions?.filter(({ stage }) => isArchived(stage)).length ?? 0;
  const shown = versions
    ?.filter(({ stage }) => showsArchived || !isArchived(stage))
    .map((version) => ({ ...version, detected: asServedHere(version.detected, info) }));
  const path = `/models/${encodeURIComponent(model)}/versions`;
  return (
    <>
      <PageHead
        title={model}
        aside={versions ? `${versions.length} ${versions.length === 1 ? 'version' : 'versions'}` : null}
        actions={<ModelActions model={model} canCompare={(versions?.length ?? 0) > 1} />}
      />
      <ModelAbout model={model} />
      <RunningRegistrations model={model} />
      {error ? (
        <ErrorState
          problem={problemOf(error)}
          title="The versions could not be read"
          onRetry={() => void refetch()}
          isRetrying={isFetching}
        />
      ) : null}
      {versions === undefined && !error ? <SkeletonRows label="the versions" rows={4} /> : null}
      {archived > 0 ? (
        <Switch isSelected={showsArchived} onChange={setShowsArchived} className="mb-3">
          Show archived ({archived})
        </Switch>
      ) : null}
      {shown && shown.length > 0 ? (
        <Table label={`Versions of ${model}`}>
          <thead>
            <tr>
              <HeadCell>Version</HeadCell>
              <HeadCell>Kind</HeadCell>
              <HeadCell>Stage</HeadCell>
              <HeadCell>Description</HeadCell>
              <HeadCell>Used by</HeadCell>
              <HeadCell numeric>Size</HeadCell>
              <HeadCell numeric>Registered</HeadCell>
              <HeadCell>
                <span className="sr-only">Deploy</span>
              </HeadCell>
            </tr>
          </thead>
          <tbody>
            {shown.map((version) => (
              <Row key={version.version}>
                <RowHeader>
                  <Link look="object" href={`${path}/${encodeURIComponent(version.version)}`}>
                    {version.version}
                  </Link>
                </RowHeader>
                <Cell>{MODEL_TYPE_WORDS[version.type]}</Cell>
                <Cell>{version.stage === null ? '–' : <Chip size="sm">{version.stage}</Chip>}</Cell>
                <Cell className="max-w-80 truncate">{version.description || version.detected.reason}</Cell>
                <Cell>
                  {version.used_by.length === 0
                    ? '–'
                    : version.used_by.map((user) => describeUser(user).label).join(', ')}
                </Cell>
                <Cell numeric>
                  <Figure {...formatBytes(version.size_bytes, locale)} />
                </Cell>
                <Cell numeric>
                  <Age at={version.created_at} />
                </Cell>
                <Cell>
                  <ButtonLink size="sm" href={deployHref(version)}>
                    Deploy
                  </ButtonLink>
                </Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      ) : null}
    </>
  );
}
