'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, Pencil } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { SignatureTable } from '#components/deployments/detected-model.tsx';
import { PackageList, TritonModels, TrustNote } from '#components/deployments/model-needs.tsx';
import { asServedHere } from '#components/deployments/wizard/served-by-host.ts';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { PageHead, Section } from '#components/ui/panel.tsx';
import { Facts } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { DetectedModel, ModelVersion, TensorSpec } from '#lib/contracts/model.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { API_BASE, apiPath } from '#lib/queries/fetch-json.ts';
import { infoQuery } from '#lib/queries/info.ts';
import { modelVersionQuery } from '#lib/queries/models.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import { deleteModelVersion, patchModelVersion } from '../../../../actions.ts';
import { deployHref, MODEL_TYPE_WORDS, sayShape } from '../../../../_components/model-words.ts';
import { WordsDialog } from '../../../../_components/words-dialog.tsx';
import { VersionAbout } from './version-about.tsx';
import { VersionFiles } from './version-files.tsx';

/** One version: what is in it, what it takes and gives, who uses it. */
export function ModelVersionView({ model, version }: { model: string; version: string }) {
  const { data, error, refetch } = useQuery(modelVersionQuery(model, version));
  const { data: info = null } = useQuery(infoQuery());
  if (error && data === undefined) {
    return (
      <ErrorState
        problem={problemOf(error)}
        title={`Version ${version} of ${model} could not be read`}
        onRetry={() => void refetch()}
      />
    );
  }
  if (data === undefined) return <SkeletonRows label="the model version" rows={6} />;
  const detected = asServedHere(data.detected, info);
  return (
    <>
      <PageHead
        title={`${model}, version ${version}`}
        aside={<Chip>{MODEL_TYPE_WORDS[data.type]}</Chip>}
        actions={<VersionActions data={{ ...data, detected }} />}
      />
      <div className="grid grid-cols-1 gap-8">
        <VersionNotes detected={detected} />
        <Signature detected={detected} />
        <div className="grid gap-8 lg:grid-cols-2">
          <VersionAbout data={data} />
          {detected.sample_request === null ? null : (
            <Section title="Sample request">
              <CodeBlock label="Sample request" code={formatJson(detected.sample_request)} maxHeight="md" />
            </Section>
          )}
        </div>
        <ModelInside detected={detected} />
        <VersionFiles data={data} />
      </div>
    </>
  );
}

function VersionNotes({ detected }: { detected: DetectedModel }) {
  const { servable, reason, warnings, scoring, mlflow } = detected;
  const isScript = !servable && scoring != null;
  return (
    <>
      {servable ? null : <Note tone={isScript ? 'neutral' : 'warning'}>{reason}</Note>}
      {mlflow ? <TrustNote mlflow={mlflow} /> : null}
      {warnings.map((warning) => (
        <Note key={warning} tone="warning">
          {warning}
        </Note>
      ))}
    </>
  );
}

/** MLflow describes columns, which are more than tensors. */
function Signature({ detected }: { detected: DetectedModel }) {
  if (detected.mlflow) {
    return (
      <Section title="Signature">
        <SignatureTable detected={detected} />
      </Section>
    );
  }
  return (
    <div className="grid gap-8 lg:grid-cols-2">
      <Tensors title="Inputs" tensors={detected.inputs} />
      <Tensors title="Outputs" tensors={detected.outputs} />
    </div>
  );
}

/** What the model needs and how it was rated, where it says so. */
function ModelInside({ detected: { python, mlflow, triton } }: { detected: DetectedModel }) {
  const metrics = Object.entries(mlflow?.metrics ?? {});
  return (
    <>
      {triton ? (
        <Section title="Models of the repository" count={triton.models.length}>
          <TritonModels triton={triton} />
        </Section>
      ) : null}
      {python ? (
        <Section title="Packages" count={python.requirements.length + python.conda_packages.length}>
          <div className="border-t border-line pt-3">
            <p>{python.version === null ? 'On any Python.' : `On Python ${python.version}.`}</p>
            <PackageList python={python} />
          </div>
        </Section>
      ) : null}
      {metrics.length > 0 ? (
        <Section title="Metrics">
          <div className="border-t border-line pt-3">
            <Facts items={metrics.map(([term, value]) => ({ term, value }))} />
          </div>
        </Section>
      ) : null}
    </>
  );
}

function VersionActions({ data }: { data: ModelVersion }) {
  const router = useRouter();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const [editing, setEditing] = useState(false);
  const isUsed = data.used_by.length > 0;
  return (
    <>
      <ButtonLink
        href={`${API_BASE}${apiPath('models', data.name, 'versions', data.version, 'download')}`}
        prefetch={false}
        icon={<Download size={16} aria-hidden="true" />}
      >
        Download
      </ButtonLink>
      <Button icon={<Pencil size={16} aria-hidden="true" />} onPress={() => setEditing(true)}>
        Edit
      </Button>
      {editing ? (
        <WordsDialog
          object={`${data.name}, version ${data.version}`}
          words={data}
          save={(patch, revision) => patchModelVersion(data.name, data.version, patch, revision)}
          onClose={() => setEditing(false)}
        />
      ) : null}
      <Button
        variant="danger"
        isDisabled={isUsed}
        title={isUsed ? 'Deployments use it' : undefined}
        onPress={() => setAsking(true)}
      >
        Delete…
      </Button>
      <ButtonLink variant="primary" href={deployHref(data)}>
        {data.detected.servable ? 'Deploy' : 'Deploy with a script'}
      </ButtonLink>
      <ConfirmDialog
        isOpen={asking}
        onOpenChange={setAsking}
        title={`Delete version ${data.version} of ${data.name}?`}
        confirmLabel="Delete version"
        isDangerous
        onConfirm={async () => {
          const result = await deleteModelVersion(data.name, data.version);
          if (!result.ok) return result.problem;
          await client.invalidateQueries({ queryKey: keys.models.all() });
          toast({ text: `Deleted version ${data.version} of ${data.name}` });
          router.push('/models');
          return null;
        }}
      >
        Its files are removed. The number is not given to another version.
      </ConfirmDialog>
    </>
  );
}

function Tensors({ title, tensors }: { title: string; tensors: readonly TensorSpec[] }) {
  return (
    <Section title={title} count={tensors.length}>
      {tensors.length === 0 ? <p className="border-t border-line py-3 text-muted">None were found.</p> : null}
      {tensors.length > 0 ? (
        <Table label={title} compact>
          <thead>
            <tr>
              <HeadCell>Name</HeadCell>
              <HeadCell>Type</HeadCell>
              <HeadCell>Shape</HeadCell>
            </tr>
          </thead>
          <tbody>
            {tensors.map((tensor) => (
              <Row key={tensor.name}>
                <RowHeader className="font-mono text-xs">{tensor.name}</RowHeader>
                <Cell className="font-mono text-xs">{tensor.datatype}</Cell>
                <Cell>{sayShape(tensor.shape)}</Cell>
              </Row>
            ))}
          </tbody>
        </Table>
      ) : null}
    </Section>
  );
}
