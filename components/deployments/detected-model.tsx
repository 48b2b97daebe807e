import { CircleAlert, TriangleAlert } from 'lucide-react';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { Note } from '#components/ui/note.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { DetectedModel, TensorSpec } from '#lib/contracts/model.ts';
import { formatJson } from '#lib/snippets/format-json.ts';

const FORMATS: Record<DetectedModel['format'], string> = {
  onnx: 'ONNX',
  mlflow: 'MLflow',
  triton: 'Triton',
  unknown: 'not recognised',
};

/** What was found inside a model's files: whether it can be served, its signature, and a request to begin with. */
export function DetectedFacts({ detected }: { detected: DetectedModel }) {
  return (
    <div className="grid gap-3">
      {detected.servable ? <FactStrip detected={detected} /> : <NotServable detected={detected} />}
      {detected.warnings.map((warning) => (
        <Note key={warning} tone="warning" icon={<TriangleAlert size={16} aria-hidden="true" />}>
          {warning}
        </Note>
      ))}
    </div>
  );
}

function NotServable({ detected }: { detected: DetectedModel }) {
  return (
    <Note tone="danger" role="alert" icon={<CircleAlert size={16} aria-hidden="true" />}>
      <b className="font-medium">This model cannot be served.</b> {detected.reason}
    </Note>
  );
}

function FactStrip({ detected }: { detected: DetectedModel }) {
  const { onnx } = detected;
  const facts = [
    { term: 'Format', value: FORMATS[detected.format] },
    { term: 'Opset', value: onnx ? `${onnx.opset}, IR ${onnx.ir_version}` : '–' },
    { term: detected.inputs.length === 1 ? 'Input' : 'Inputs', value: summarise(detected.inputs) },
    { term: detected.outputs.length === 1 ? 'Output' : 'Outputs', value: summarise(detected.outputs) },
  ];
  return (
    <dl aria-label="Detected" className="grid grid-cols-4 rounded-lg border border-line max-md:grid-cols-2">
      {facts.map(({ term, value }) => (
        <div
          key={term}
          className="min-w-0 border-line px-3.5 py-2.5 not-first:border-s max-md:nth-3:border-s-0 max-md:nth-[n+3]:border-t"
        >
          <dt className="text-xs text-muted">{term}</dt>
          <dd className="font-medium wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `4 × FP32` for one tensor with a fixed last axis, else the names. */
function summarise(tensors: readonly TensorSpec[]): string {
  const [only] = tensors;
  if (only && tensors.length === 1) {
    const last = only.shape.at(-1);
    return typeof last === 'number' && only.shape.length === 2
      ? `${last} × ${only.datatype}`
      : `${only.name}, ${only.datatype}`;
  }
  return tensors.map(({ name }) => name).join(', ');
}

/** Shape as people write it: a dash stands for an axis of any length. */
export function formatShape(shape: TensorSpec['shape']): string {
  return shape.length === 0 ? 'scalar' : shape.map((axis) => (axis === null ? 'any' : String(axis))).join(' × ');
}

/** Inputs and outputs with their types and shapes. */
export function SignatureTable({ detected }: { detected: DetectedModel }) {
  const rows = [
    ...detected.inputs.map((tensor) => ({ role: 'input', tensor })),
    ...detected.outputs.map((tensor) => ({ role: 'output', tensor })),
  ];
  return (
    <Table label="Signature" compact>
      <thead>
        <tr>
          <HeadCell>Tensor</HeadCell>
          <HeadCell>Kind</HeadCell>
          <HeadCell>Type</HeadCell>
          <HeadCell>Shape</HeadCell>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ role, tensor }) => (
          <Row key={`${role} ${tensor.name}`}>
            <RowHeader className="font-mono text-xs">{tensor.name}</RowHeader>
            <Cell className="text-muted">{role}</Cell>
            <Cell className="font-mono text-xs">{tensor.datatype}</Cell>
            <Cell className="font-mono text-xs">{formatShape(tensor.shape)}</Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

export function SampleRequest({ detected }: { detected: DetectedModel }) {
  if (detected.sample_request === null || detected.sample_request === undefined) return null;
  return <CodeBlock label="sample request" code={formatJson(detected.sample_request)} maxHeight="md" />;
}
