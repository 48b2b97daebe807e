import { z } from 'zod';
import { assetNameSchema, assetVersionSchema, listSchema, revisionedShape, tagsSchema } from './resource.ts';

export const MODEL_TYPES = ['custom_model', 'mlflow_model', 'triton_model', 'onnx_model'] as const;

/** A tensor of a signature. `shape` holds a number, or the name of a symbolic axis, or null for an unnamed dynamic axis. */
export const tensorSpecSchema = z.object({
  name: z.string(),
  /** Open Inference Protocol names: BOOL, UINT8, INT64, FP16, FP32, BYTES, …; MAP and SEQUENCE for outputs that are no tensors. */
  datatype: z.string(),
  shape: z.array(z.union([z.number().int(), z.string(), z.null()])),
});

/** What was found inside a model's files, or why it cannot be served. */
export const detectedModelSchema = z.object({
  format: z.enum(['onnx', 'mlflow', 'triton', 'unknown']),
  /** Whether this installation can serve it without code, and the reason in words when it cannot. */
  servable: z.boolean(),
  reason: z.string(),
  /** Path of the deciding file inside the model's folder: the `.onnx`, `MLmodel` or `config.pbtxt`. */
  entry: z.string().nullable(),
  inputs: z.array(tensorSpecSchema),
  outputs: z.array(tensorSpecSchema),
  sample_request: z.unknown().nullable(),
  onnx: z
    .object({
      opset: z.number().int(),
      ir_version: z.number().int(),
      producer: z.string(),
      metadata: z.record(z.string(), z.string()),
      external_data: z.array(z.string()),
    })
    .nullable(),
  warnings: z.array(z.string()),
});

export const modelFileSchema = z.object({ path: z.string(), size_bytes: z.number().int(), sha256: z.string() });

export const modelVersionWriteSchema = z.strictObject({
  name: assetNameSchema.optional(),
  version: assetVersionSchema.optional(),
  type: z.enum(MODEL_TYPES).optional(),
  /** `upload:<id>`, `sample:<id>`, or `file:<absolute path the operator allowed>`. */
  path: z.string().min(1).max(4096),
  description: z.string().max(4096).optional(),
  tags: tagsSchema.optional(),
  properties: tagsSchema.optional(),
  stage: z.string().max(64).optional(),
});

/** Versions are immutable; only these words about them may change. */
export const modelVersionPatchSchema = z.strictObject({
  description: z.string().max(4096).optional(),
  tags: tagsSchema.optional(),
  properties: tagsSchema.optional(),
  stage: z.string().max(64).optional(),
});

export const MODEL_READ_ONLY_FIELDS = [
  '$schema',
  'id',
  'detected',
  'size_bytes',
  'sha256',
  'files',
  'used_by',
  'revision',
  'created_at',
  'updated_at',
  'latest_version',
  'version_count',
  'flavors',
  'creation_context',
] as const;

export const modelVersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  type: z.enum(MODEL_TYPES),
  path: z.string(),
  description: z.string(),
  tags: tagsSchema,
  properties: tagsSchema,
  stage: z.string().nullable(),
  detected: detectedModelSchema,
  size_bytes: z.number().int(),
  sha256: z.string(),
  files: z.array(modelFileSchema),
  /** `/endpoints/{endpoint}/deployments/{deployment}` of every deployment that names this version. */
  used_by: z.array(z.string()),
  ...revisionedShape,
});
export const modelVersionListSchema = listSchema(modelVersionSchema);

export const modelSchema = z.object({
  name: z.string(),
  latest_version: z.string().nullable(),
  version_count: z.number().int(),
  type: z.enum(MODEL_TYPES),
  description: z.string(),
  size_bytes: z.number().int(),
  used_by: z.array(z.string()),
  ...revisionedShape,
});
export const modelListSchema = listSchema(modelSchema);

/** A bundled model that the wizard offers. */
export const sampleSchema = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  model_name: z.string(),
  versions: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      path: z.string(),
      /** What registering it would find. */
      detected: detectedModelSchema.optional(),
      size_bytes: z.number().int().optional(),
    }),
  ),
});
export const sampleListSchema = listSchema(sampleSchema);

export type TensorSpec = z.infer<typeof tensorSpecSchema>;
export type DetectedModel = z.infer<typeof detectedModelSchema>;
export type ModelFile = z.infer<typeof modelFileSchema>;
export type ModelVersionWrite = z.infer<typeof modelVersionWriteSchema>;
export type ModelVersion = z.infer<typeof modelVersionSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Sample = z.infer<typeof sampleSchema>;
