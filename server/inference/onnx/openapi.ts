import { makeSampleRequest } from '#server/models/detect/sample-request.ts';
import type { LoadedModel } from './load-model.ts';
import type { OutputView } from './protocol/score-response.ts';
import { DATATYPES, type Datatype } from './tensors/datatypes.ts';
import { formatShape, type AxisSpec, type TensorSignature } from './tensors/tensor.ts';

type Schema = Record<string, unknown>;

/** The OpenAPI 3.1 description of `/score`, made from the model's signature. */
export function describeApi(model: LoadedModel): Schema {
  const example = model.sample ?? makeSampleRequest(model.inputs.map(toSpec)) ?? undefined;
  return {
    openapi: '3.1.0',
    info: {
      title: model.name,
      version: model.version,
      description: `ONNX model ${model.name}, version ${model.version}.`,
    },
    paths: {
      '/score': {
        post: {
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
        },
      },
    },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
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

function responseSchema(model: LoadedModel): Schema {
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
