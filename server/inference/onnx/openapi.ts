import { makeSampleRequest } from '#server/models/detect/sample-request.ts';
import type { OutputView } from './protocol/score-response.ts';
import type { ModelCatalogue } from './serving/model-catalogue.ts';
import type { ServedModel } from './serving/served-model.ts';
import { DATATYPES, type Datatype } from './tensors/datatypes.ts';
import { formatShape, type AxisSpec, type TensorSignature } from './tensors/tensor.ts';

type Schema = Record<string, unknown>;

/** The OpenAPI 3.1 description of what is called for predictions, made from the models' signatures. */
export function describeApi(catalogue: ModelCatalogue): Schema {
  const { only } = catalogue;
  const names = [...new Set(catalogue.models.map(({ name }) => name))];
  const inferPaths = catalogue.models
    .filter((model) => model.inferSample !== null && catalogue.find(model.name) === model)
    .map((model) => [`/v2/models/${encodeURIComponent(model.name)}/infer`, { post: describeInfer(model) }] as const);
  return {
    openapi: '3.1.0',
    info: {
      title: only?.name ?? names.join(', '),
      version: only?.version ?? '1',
      description: only ? `ONNX model ${only.name}, version ${only.version}.` : `Models ${names.join(', ')}.`,
    },
    paths: { ...(only && { '/score': { post: describeScore(only) } }), ...Object.fromEntries(inferPaths) },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  };
}

function describeScore(model: ServedModel): Schema {
  const example = model.sample ?? makeSampleRequest(model.inputs.map(toSpec)) ?? undefined;
  return {
    operationId: 'score',
    summary: 'Predict',
    security: [{ key: [] }],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: requestSchema(model.inputs), ...(example && { example }) } },
    },
    responses: {
      '200': {
        description: 'The predictions: the only output, or an object with a member per output',
        content: { 'application/json': { schema: responseSchema(model) } },
      },
      '400': { description: 'The input does not fit the model', content: errorContent() },
      '503': { description: 'Too many requests are waiting', content: errorContent() },
    },
  };
}

/** One model of a repository, in the Open Inference Protocol. */
function describeInfer(model: ServedModel): Schema {
  const tensors = (of: readonly TensorSignature[]): Schema => ({
    type: 'array',
    description: of.map(({ name, datatype, shape }) => `${name}: ${datatype} ${formatShape(shape)}`).join('; '),
    items: {
      type: 'object',
      required: ['name', 'shape', 'datatype'],
      properties: {
        name: { enum: of.map(({ name }) => name) },
        shape: { type: 'array', items: { type: 'integer' } },
        datatype: { enum: [...new Set(of.map(({ datatype }) => datatype))] },
        data: { type: 'array', items: {} },
      },
    },
  });
  const input: Schema = { type: 'object', required: ['inputs'], properties: { inputs: tensors(model.inputs) } };
  const output: Schema = { type: 'object', properties: { outputs: tensors(model.outputs) } };
  return {
    operationId: `infer ${model.name}`,
    summary: `Predict with ${model.name}`,
    security: [{ key: [] }],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: input, example: model.inferSample } },
    },
    responses: {
      '200': { description: 'The outputs', content: { 'application/json': { schema: output } } },
      '400': { description: 'The input does not fit the model' },
      '503': { description: 'Too many requests are waiting' },
    },
  };
}

function toSpec({ name, datatype, shape }: TensorSignature) {
  return { name, datatype, shape: [...(shape ?? [])] };
}

function requestSchema(inputs: readonly TensorSignature[]): Schema {
  const [only] = inputs;
  const named: Schema = {
    type: 'object',
    required: inputs.map(({ name }) => name),
    properties: Object.fromEntries(inputs.map((input) => [input.name, tensorSchema(input)])),
    additionalProperties: false,
  };
  const split: Schema = {
    type: 'object',
    required: ['data'],
    properties: {
      columns: { type: 'array', items: { type: 'string' } },
      index: { type: 'array', items: {} },
      data: { type: 'array', items: {} },
    },
    additionalProperties: false,
  };
  const records: Schema = { type: 'array', items: { type: 'object' } };
  const content = inputs.length === 1 && only !== undefined ? [tensorSchema(only)] : [];
  return {
    type: 'object',
    required: ['input_data'],
    properties: { input_data: { anyOf: [...content, named, split, records] } },
  };
}

function responseSchema(model: ServedModel): Schema {
  const schemas = model.views.map((view) => [view.name, viewSchema(view, model.outputs)] as const);
  const [only] = schemas;
  if (schemas.length === 1 && only !== undefined) return only[1];
  return { type: 'object', required: schemas.map(([name]) => name), properties: Object.fromEntries(schemas) };
}

function viewSchema(view: OutputView, outputs: readonly TensorSignature[]): Schema {
  if (view.kind === 'zipmap') {
    return { type: 'array', items: { type: 'object', additionalProperties: { type: 'number' } } };
  }
  const output = outputs.find(({ name }) => name === view.name);
  return view.kind === 'sequence' || output === undefined ? { type: 'array', items: {} } : tensorSchema(output);
}

function tensorSchema({ datatype, shape }: TensorSignature): Schema {
  const description = `${datatype} ${formatShape(shape)}`;
  if (shape === null) return { description };
  const nested = shape.reduceRight<Schema>(
    (items, axis) => ({ type: 'array', items, ...lengths(axis) }),
    valueSchema(datatype),
  );
  return { ...nested, description };
}

function lengths(axis: AxisSpec): Schema {
  return typeof axis === 'number' ? { minItems: axis, maxItems: axis } : { minItems: 1 };
}

function valueSchema(datatype: Datatype): Schema {
  const { kind, min, max } = DATATYPES[datatype];
  if (kind === 'text') return { type: 'string' };
  if (kind === 'boolean') return { type: 'boolean' };
  if (kind === 'long') return { type: 'integer', format: datatype.toLowerCase() };
  if (kind === 'integer') return { type: 'integer', minimum: Number(min), maximum: Number(max) };
  return { type: 'number', format: datatype === 'FP64' ? 'double' : 'float' };
}

function errorContent(): Schema {
  const message: Schema = { type: 'object', properties: { code: { type: 'string' }, message: { type: 'string' } } };
  return { 'application/json': { schema: { type: 'object', properties: { error: message } } } };
}
