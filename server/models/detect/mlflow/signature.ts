import { z } from 'zod';
import type { MlflowField, MlflowParameter, TensorSpec } from '#lib/contracts/model.ts';
import { DescriptionError } from '../bounded-text.ts';

/** MLflow's types of columns, from `mlflow.types.schema.DataType`. Times travel as ISO 8601 text, bytes as base64. */
const COLUMN_DATATYPES: Readonly<Record<string, string>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
  string: 'BYTES',
  binary: 'BYTES',
  datetime: 'BYTES',
};

/** Numpy's names of the types that the Open Inference Protocol has. */
const TENSOR_DATATYPES: Readonly<Record<string, string>> = {
  bool: 'BOOL',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
};

/** A type as MLflow nests it; arrays, objects and maps hold further ones. */
interface NestedType {
  type: string;
  required?: boolean | undefined;
  items?: NestedType | undefined;
  properties?: Record<string, NestedType> | undefined;
  values?: NestedType | undefined;
}

const nestedTypeSchema: z.ZodType<NestedType> = z.lazy(() =>
  z.object({
    type: z.string(),
    required: z.boolean().optional(),
    items: nestedTypeSchema.optional(),
    properties: z.record(z.string(), nestedTypeSchema).optional(),
    values: nestedTypeSchema.optional(),
  }),
);

const tensorFieldSchema = z.object({
  type: z.literal('tensor'),
  name: z.string().optional(),
  'tensor-spec': z.object({ dtype: z.string(), shape: z.array(z.number().int()) }),
});

const columnFieldSchema = nestedTypeSchema.and(
  z.object({ name: z.string().optional(), optional: z.boolean().optional() }),
);

const fieldsSchema = z.array(z.union([tensorFieldSchema, columnFieldSchema]));

const parametersSchema = z.array(
  z.object({
    name: z.string(),
    type: z.string(),
    default: z.unknown(),
    shape: z.array(z.number().int()).nullish(),
  }),
);

export interface SignatureField {
  shown: MlflowField;
  spec: TensorSpec;
}

/**
 * Reads inputs or outputs of a signature from the JSON that `MLmodel` embeds. Pure.
 * @throws DescriptionError
 */
export function parseSignatureFields(json: string, role: 'input' | 'output'): SignatureField[] {
  const fields = parseJson(json, fieldsSchema, 'a signature that cannot be read');
  return fields.map((field, index) => {
    // The Open Inference Protocol needs a name for each.
    const placeholder = `${role}-${index}`;
    return 'tensor-spec' in field ? tensorField(field, placeholder) : columnField(field, placeholder);
  });
}

/** Reads the parameters of a signature from the JSON that `MLmodel` embeds. Pure. @throws DescriptionError */
export function parseSignatureParameters(json: string): MlflowParameter[] {
  const parameters = parseJson(json, parametersSchema, 'parameters that cannot be read');
  return parameters.map(({ name, type, default: value, shape }) => ({
    name,
    type,
    default: value ?? null,
    shape: shape ?? null,
  }));
}

function tensorField(field: z.infer<typeof tensorFieldSchema>, placeholder: string): SignatureField {
  const { dtype, shape } = field['tensor-spec'];
  return {
    shown: { name: field.name ?? '', type: dtype, shape, required: true },
    spec: {
      name: field.name ?? placeholder,
      // Text and whatever else numpy has no fixed size for.
      datatype: TENSOR_DATATYPES[dtype] ?? 'BYTES',
      shape: shape.map((axis) => (axis < 0 ? null : axis)),
    },
  };
}

function columnField(field: z.infer<typeof columnFieldSchema>, placeholder: string): SignatureField {
  const { datatype, depth } = carriedType(field);
  return {
    shown: {
      name: field.name ?? '',
      type: sayType(field),
      shape: null,
      required: field.type !== 'any' && (field.required ?? field.optional !== true),
    },
    spec: {
      name: field.name ?? placeholder,
      datatype,
      shape: Array.from({ length: 1 + depth }, () => null),
    },
  };
}

/** Arrays of plain values are tensors of one more axis; objects and maps are none. */
function carriedType(nested: NestedType, depth = 0): { datatype: string; depth: number } {
  if (nested.type === 'array' && nested.items !== undefined) return carriedType(nested.items, depth + 1);
  if (nested.type === 'object' || nested.type === 'map') return { datatype: 'MAP', depth };
  return { datatype: COLUMN_DATATYPES[nested.type] ?? 'ANY', depth };
}

/** A type in MLflow's own notation. */
function sayType(nested: NestedType): string {
  if (nested.type === 'array') return `Array(${nested.items === undefined ? 'any' : sayType(nested.items)})`;
  if (nested.type === 'map') return `Map(${nested.values === undefined ? 'any' : sayType(nested.values)})`;
  if (nested.type !== 'object') return nested.type;
  const properties = Object.entries(nested.properties ?? {});
  const texts = properties.map(([name, inner]) => `${name}${inner.required === false ? '?' : ''}: ${sayType(inner)}`);
  return `{${texts.join(', ')}}`;
}

function parseJson<Schema extends z.ZodType>(json: string, schema: Schema, what: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    // Also types nested so deep that the stack ends: a description, however odd, is never more than unreadable.
    throw new DescriptionError(`holds ${what}`, { cause });
  }
}
