'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { DeploymentUsers } from '#components/endpoints/deployment-users.tsx';
import { usePreferences, useTimeStyle } from '#components/layout/preferences.tsx';
import { Button } from '#components/ui/button.tsx';
import { Chip } from '#components/ui/chip.tsx';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx';
import { ErrorState } from '#components/ui/error-state.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Note } from '#components/ui/note.tsx';
import { PageHead, Section } from '#components/ui/panel.tsx';
import { Facts, Figure } from '#components/ui/readouts.tsx';
import { SkeletonRows } from '#components/ui/skeleton.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import { toast } from '#components/ui/toast.tsx';
import type { ModelVersion, TensorSpec } from '#lib/contracts/model.ts';
import { formatBytes } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInstant } from '#lib/format/time.ts';
import { problemOf } from '#lib/queries/api-problem.ts';
import { keys } from '#lib/queries/keys.ts';
import { API_BASE, apiPath } from '#lib/queries/fetch-json.ts';
import { modelVersionQuery } from '#lib/queries/models.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import { deleteModelVersion } from '../../../../actions.ts';
import { MODEL_TYPE_WORDS, sayShape } from '../../../../_components/model-words.ts';

/** One version: what is in it, what it takes and gives, who uses it. */
export function ModelVersionView({ model, version }: { model: string; version: string }) {
  const { data, error, refetch } = useQuery(modelVersionQuery(model, version));
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
  const { detected } = data;
  return (
    <>
      <PageHead
        title={`${model}, version ${version}`}
        aside={<Chip>{MODEL_TYPE_WORDS[data.type]}</Chip>}
        actions={<VersionActions data={data} />}
      />
      <div className="grid gap-8">
        {detected.servable ? null : <Note tone="warning">{detected.reason}</Note>}
        {detected.warnings.map((warning) => (
          <Note key={warning} tone="warning">
            {warning}
          </Note>
        ))}
        <div className="grid gap-8 lg:grid-cols-2">
          <Tensors title="Inputs" tensors={detected.inputs} />
          <Tensors title="Outputs" tensors={detected.outputs} />
        </div>
        <div className="grid gap-8 lg:grid-cols-2">
          <VersionFacts data={data} />
          {detected.sample_request === null ? null : (
            <Section title="Sample request">
              <CodeBlock label="Sample request" code={formatJson(detected.sample_request)} maxHeight="md" />
            </Section>
          )}
        </div>
        <VersionFiles data={data} />
      </div>
    </>
  );
}

function VersionActions({ data }: { data: ModelVersion }) {
  const router = useRouter();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
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
      <Button
        variant="danger"
        isDisabled={isUsed}
        title={isUsed ? 'Deployments use it' : undefined}
        onPress={() => setAsking(true)}
      >
        Delete…
      </Button>
      {data.detected.servable ? (
        <ButtonLink
          variant="primary"
          href={`/endpoints/new?mode=nocode&model=${encodeURIComponent(`${data.name}:${data.version}`)}`}
        >
          Deploy
        </ButtonLink>
      ) : null}
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

function VersionFacts({ data }: { data: ModelVersion }) {
  const { locale } = usePreferences();
  const style = useTimeStyle();
  const { onnx } = data.detected;
  return (
    <Section title="About">
      <div className="border-t border-line pt-3">
        <Facts
          items={[
            ...(data.description ? [{ term: 'Description', value: data.description }] : []),
            ...(onnx
              ? [
                  {
                    term: 'Opset',
                    value: `${onnx.opset}, format ${onnx.ir_version}, made by ${onnx.producer || 'an unnamed program'}`,
                  },
                ]
              : []),
            { term: 'Size', value: figureText(formatBytes(data.size_bytes, locale)) },
            { term: 'From', value: <code className="font-mono text-xs">{data.path}</code> },
            { term: 'SHA-256', value: <code className="font-mono text-xs">{data.sha256}</code> },
            { term: 'Registered', value: formatInstant(data.created_at, style) },
            {
              term: 'Used by',
              value: <DeploymentUsers usedBy={data.used_by} />,
            },
          ]}
        />
      </div>
    </Section>
  );
}

function VersionFiles({ data }: { data: ModelVersion }) {
  const { locale } = usePreferences();
  return (
    <Section title="Files" count={data.files.length}>
      <Table label="Files" compact>
        <thead>
          <tr>
            <HeadCell>Path</HeadCell>
            <HeadCell numeric>Size</HeadCell>
            <HeadCell>SHA-256</HeadCell>
          </tr>
        </thead>
        <tbody>
          {data.files.map((file) => (
            <Row key={file.path}>
              <RowHeader className="font-mono text-xs">{file.path}</RowHeader>
              <Cell numeric>
                <Figure {...formatBytes(file.size_bytes, locale)} />
              </Cell>
              <Cell className="font-mono text-xs text-muted">{file.sha256.slice(0, 16)}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
    </Section>
  );
}
