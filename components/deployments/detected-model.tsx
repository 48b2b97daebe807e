import { CircleAlert, TriangleAlert } from 'lucide-react';
import { CodeBlock } from '#components/ui/code-block.tsx';
import { Note } from '#components/ui/note.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { DetectedModel, MlflowField, TensorSpec } from '#lib/contracts/model.ts';
import { formatJson } from '#lib/snippets/format-json.ts';
import { PythonNote, TritonModels, TrustNote } from './model-needs.tsx';

const FORMATS: Record<DetectedModel['format'], string> = {
  onnx: 'ONNX',
  mlflow: 'MLflow',
  triton: 'Triton',
  unknown: 'not recognised',
};

/** What was found inside a model's files: whether it can be served, its signature, and what it needs. */
export function DetectedFacts({ detected }: { detected: DetectedModel }) {
  return (
    <div className="grid gap-3">
      {detected.servable ? <FactStrip detected={detected} /> : <NotServable detected={detected} />}
      {detected.servable && detected.python ? <PythonNote python={detected.python} /> : null}
      {detected.mlflow ? <TrustNote mlflow={detected.mlflow} /> : null}
      {detected.triton ? <TritonModels triton={detected.triton} /> : null}
      {detected.triton && detected.servable ? <p className="text-muted">{detected.reason}</p> : null}
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
  const facts = [
    { term: 'Format', value: sayFormat(detected) },
    secondFact(detected),
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

/** The format, and of MLflow the library that made the model. */
export function sayFormat({ format, mlflow }: DetectedModel): string {
  return mlflow && mlflow.flavor !== 'python_function' ? `MLflow, ${mlflow.flavor}` : FORMATS[format];
}

function secondFact({ onnx, python, triton }: DetectedModel): { term: string; value: string } {
  if (triton) return { term: 'Models', value: String(triton.models.length) };
  if (python) return { term: 'Python', value: python.version ?? 'any' };
  return { term: 'Opset', value: onnx ? `${onnx.opset}, IR ${onnx.ir_version}` : '–' };
}

const SHOWN_NAMES = 3;

/** `4 × FP32` for one tensor with a fixed last axis, else the names. */
function summarise(tensors: readonly TensorSpec[]): string {
  const [only] = tensors;
  if (only && tensors.length === 1) {
    const last = only.shape.at(-1);
    return typeof last === 'number' && only.shape.length === 2
      ? `${last} × ${only.datatype}`
      : `${only.name}, ${only.datatype}`;
  }
  const names = tensors.slice(0, SHOWN_NAMES).map(({ name }) => name);
  if (tensors.length === 0) return 'not described';
  return tensors.length > SHOWN_NAMES + 1
    ? `${names.join(', ')} and ${tensors.length - SHOWN_NAMES} more`
    : tensors.map(({ name }) => name).join(', ');
}

/** Shape as people write it: a dash stands for an axis of any length. */
export function formatShape(shape: TensorSpec['shape']): string {
  return shape.length === 0 ? 'scalar' : shape.map((axis) => (axis === null ? 'any' : String(axis))).join(' × ');
}

interface SignatureRow {
  role: string;
  name: string;
  type: string;
  shape: string;
}

/** Inputs, outputs and parameters with their types: in MLflow's words for its models, else as tensors. */
export function SignatureTable({ detected }: { detected: DetectedModel }) {
  const rows = signatureRows(detected);
  if (rows.length === 0) return <p className="text-muted">The model says nothing about what it takes and gives.</p>;
  return (
    <Table label="Signature" compact>
      <thead>
        <tr>
          <HeadCell>Name</HeadCell>
          <HeadCell>Kind</HeadCell>
          <HeadCell>Type</HeadCell>
          <HeadCell>Shape</HeadCell>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ role, name, type, shape }) => (
          <Row key={`${role} ${name}`}>
            <RowHeader className="font-mono text-xs">{name}</RowHeader>
            <Cell className="text-muted">{role}</Cell>
            <Cell className="font-mono text-xs">{type}</Cell>
            <Cell className="font-mono text-xs">{shape}</Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

/** One line per part of a signature. */
export function signatureRows({ mlflow, inputs, outputs }: DetectedModel): SignatureRow[] {
  const signature = mlflow?.signature;
  if (!signature) {
    const tensorRow = (role: string) => (tensor: TensorSpec) => ({
      role,
      name: tensor.name,
      type: tensor.datatype,
      shape: formatShape(tensor.shape),
    });
    return [...inputs.map(tensorRow('input')), ...outputs.map(tensorRow('output'))];
  }
  const fieldRow = (role: string) => (field: MlflowField, index: number) => ({
    role: field.required ? role : `${role}, optional`,
    name: field.name || `unnamed ${index + 1}`,
    type: field.type,
    shape: field.shape === null ? 'column' : formatShape(field.shape.map((axis) => (axis < 0 ? null : axis))),
  });
  return [
    ...signature.inputs.map(fieldRow('input')),
    ...signature.outputs.map(fieldRow('output')),
    ...signature.params.map(({ name, type, default: value, shape }) => ({
      role: `parameter, ${JSON.stringify(value)} by default`,
      name,
      type,
      shape: shape === null ? 'scalar' : 'list',
    })),
  ];
}

export function SampleRequest({ detected }: { detected: DetectedModel }) {
  if (detected.sample_request === null || detected.sample_request === undefined) return null;
  return <CodeBlock label="sample request" code={formatJson(detected.sample_request)} maxHeight="md" />;
}
