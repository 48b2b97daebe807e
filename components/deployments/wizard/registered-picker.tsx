'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { usePreferences } from '#components/layout/preferences.tsx';
import { ComboBox } from '#components/ui/combo-box.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { Select } from '#components/ui/select.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { Model } from '#lib/contracts/model.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { isArchived } from '#lib/format/model-stage.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { modelsQuery, modelVersionsQuery } from '#lib/queries/models.ts';
import type { PickerProps } from './sample-picker.tsx';
import { asServedHere } from './served-by-host.ts';

/** A model of the registry and one of its versions; the newest is chosen with the model. */
export function RegisteredPicker({ model, onChoose }: PickerProps) {
  const { data: models, error, refetch, isFetching } = useQuery(modelsQuery());
  const chosen = model?.kind === 'registered' ? model : null;
  const [typed, setTyped] = useState(chosen?.name ?? '');
  if (error) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The models could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  }
  if (!models) return <SkeletonRows label="the models" rows={2} />;
  if (models.length === 0) {
    return (
      <EmptyState title="No models yet">
        A model is registered when it is uploaded, here or under Models, and keeps numbered versions.
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <ComboBox
        label="Model"
        placeholder="Type to filter"
        options={models.filter(isOffered).map(({ name, version_count }) => ({
          id: name,
          label: name,
          detail: version_count === 1 ? '1 version' : `${version_count} versions`,
        }))}
        inputValue={typed}
        onInputChange={setTyped}
        selected={chosen?.name ?? null}
        onSelect={(name) => {
          const found = models.find((one) => one.name === name);
          if (!found || found.latest_version === null) return;
          setTyped(found.name);
          onChoose({ kind: 'registered', name: found.name, version: found.latest_version });
        }}
      />
      {chosen ? (
        <VersionSelect
          name={chosen.name}
          version={chosen.version}
          onChoose={(version) => onChoose({ kind: 'registered', name: chosen.name, version })}
        />
      ) : null}
    </div>
  );
}

/** One that has a version which was not put aside; of a model on its way there is none yet. */
const isOffered = ({ version_count: all, archived_version_count: archived }: Model): boolean => all > archived;

function VersionSelect({
  name,
  version,
  onChoose,
}: {
  name: string;
  version: string;
  onChoose: (version: string) => void;
}) {
  const { locale } = usePreferences();
  const { data: versions = [] } = useQuery(modelVersionsQuery(name));
  const { data: info = null } = useQuery(infoQuery());
  const offered = versions.filter((one) => one.version === version || !isArchived(one.stage));
  return (
    <Select
      label="Version"
      value={version}
      onChange={onChoose}
      options={offered.map((one) => ({
        id: one.version,
        label: one.version,
        detail: asServedHere(one.detected, info).servable
          ? figureText(formatBytes(one.size_bytes, locale))
          : 'cannot be served',
      }))}
    />
  );
}
