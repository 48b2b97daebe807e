'use client';

import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { RadioCards } from '#components/ui/radio-group.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import type { ModelSource } from '#lib/deployment-yaml/model-source.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { samplesQuery } from '#lib/queries/models.ts';

export interface PickerProps {
  model: ModelSource | null;
  onChoose: (model: ModelSource) => void;
}

/** Models that come with the installation, one card per version. */
export function SamplePicker({ model, onChoose }: PickerProps) {
  const { data: samples, error, refetch, isFetching } = useQuery(samplesQuery());
  if (error) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title="The samples could not be read"
        onRetry={() => void refetch()}
        isRetrying={isFetching}
      />
    );
  }
  if (!samples) return <SkeletonRows label="the samples" rows={3} />;
  if (samples.length === 0) {
    return <EmptyState title="No samples">This installation comes without bundled models. Upload one.</EmptyState>;
  }
  const versions = samples.flatMap((sample) => sample.versions.map((version) => ({ sample, version })));
  return (
    <RadioCards
      label="Bundled sample"
      labelHidden
      value={model?.kind === 'sample' ? model.id : null}
      onChange={(id) => {
        const chosen = versions.find(({ version }) => version.id === id);
        if (chosen) onChoose({ kind: 'sample', id, name: chosen.sample.model_name });
      }}
      options={versions.map(({ sample, version }) => ({
        id: version.id,
        label:
          sample.versions.length > 1
            ? `${sample.title}, version ${sample.versions.indexOf(version) + 1}`
            : sample.title,
        description: (
          <>
            {sample.description} <span className="block">{version.title}.</span>
          </>
        ),
      }))}
    />
  );
}
