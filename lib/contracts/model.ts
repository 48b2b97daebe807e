import { z } from 'zod';
import { assetNameSchema, assetVersionSchema, listSchema, revisionedShape, tagsSchema } from './resource.ts';

export const MODEL_TYPES = ['custom_model', 'mlflow_model', 'triton_model', 'onnx_model'] as const;

/** A tensor of a signature. `shape` holds a number, or the name of a symbolic axis, or null for an unnamed dynamic axis. */
export const tensorSpecSchema = z.object({
  name: z.string(),
  /** Open Inference Protocol names: BOOL, UINT8, INT64, FP16, FP32, BYTES, …; MAP, SEQUENCE and ANY for what is no tensor. */
  datatype: z.string(),
  shape: z.array(z.union([z.number().int(), z.string(), z.null()])),
});

/** A column, tensor or parameter of an MLflow signature in MLflow's own words. */
export const mlflowFieldSchema = z.object({
  /** Empty for one without a name. */
  name: z.string(),
  /** `double`, `long`, `string`, `Array(double)`, `{a: long, b?: string}`, `Map(string)`; numpy's name for a tensor. */
  type: z.string(),
  /** Of a tensor; null for a column. -1 is an axis of any length. */
  shape: z.array(z.number().int()).nullable(),
  /** False for a column that may be left out. */
  required: z.boolean(),
});

/** A parameter of an MLflow signature, taken beside the input. */
export const mlflowParameterSchema = z.object({
  name: z.string(),
  type: z.string(),
  default: z.unknown(),
  /** Null for a single value, `[-1]` for a list. */
  shape: z.array(z.number().int()).nullable(),
});

export const mlflowFactsSchema = z.object({
  /** Every flavour, `python_function` last. */
  flavors: z.array(z.string()),
  /** The library that made it, or `python_function` for a model of one's own code. */
  flavor: z.string(),
  loader_module: z.string().nullable(),
  mlflow_version: z.string().nullable(),
  model_uuid: z.string().nullable(),
  /** Run that made it, in the tracking server it came from. */
  run_id: z.string().nullable(),
  /** As MLflow wrote it: UTC, without a zone. */
  utc_time_created: z.string().nullable(),
  model_size_bytes: z.number().nullable(),
  /** Null where the model says nothing about its inputs: then nothing is checked. */
  signature: z
    .object({
      inputs: z.array(mlflowFieldSchema),
      outputs: z.array(mlflowFieldSchema),
      params: z.array(mlflowParameterSchema),
    })
    .nullable(),
  metrics: z.record(z.string(), z.number()),
  /** Files of the model's folder that run code of whoever made them when the model is loaded: pickles and Python files. */
  runs_code_from: z.array(z.string()),
});

/** What a model asks of the Python that loads it. */
export const pythonNeedsSchema = z.object({
  /** `3.11.7`, or null where it does not say. */
  version: z.string().nullable(),
  /** Lines of a requirements file. */
  requirements: z.array(z.string()),
  /** Packages that only conda knows by this name, as `conda.yaml` writes them. */
  conda_packages: z.array(z.string()),
  /** Files that this was read from; empty where it was concluded from the model's flavours. */
  files: z.array(z.string()),
});

/** A scoring script in the folder, and the files beside it that a deployment of it names. */
export const scoringHintsSchema = z.object({
  kind: z.enum(['automl', 'script']),
  entry_script: z.string(),
  conda_file: z.string().nullable(),
  requirements_file: z.string().nullable(),
  /** The model of an AutoML output folder. */
  model_file: z.string().nullable(),
});

export const tritonModelSchema = z.object({
  name: z.string(),
  /** Path of its `config.pbtxt`; null for one that Triton would complete by itself. */
  config: z.string().nullable(),
  /** `onnxruntime`, `pytorch`, `tensorrt_plan`, `python`, `ensemble`, …, or empty. */
  backend: z.string(),
  /** 0 where a request holds no batch. */
  max_batch_size: z.number().int(),
  /** Numbers of the version folders, rising. */
  versions: z.array(z.number().int()),
  /** Those that the version policy serves. */
  served_versions: z.array(z.number().int()),
  inputs: z.array(tensorSpecSchema),
  outputs: z.array(tensorSpecSchema),
  dynamic_batching: z.boolean(),
  instance_count: z.number().int(),
  /** Models that an ensemble calls, in the order of its steps. */
  ensemble_steps: z.array(z.string()),
  /** Whether it can be served where there is no Triton, and the reason in words when it cannot. */
  servable_without_triton: z.boolean(),
  reason: z.string(),
  /** A body for its `/v2/models/<name>/infer`; null where it would be too long to read. */
  sample_request: z.unknown().nullable().optional(),
});

export const tritonFactsSchema = z.object({
  /** Path of the model repository inside the folder; empty for the folder itself. */
  repository: z.string(),
  models: z.array(tritonModelSchema),
  /** Where the sample request goes, as the predictions of a repository have a path for each model. */
  sample_path: z.string().optional(),
});

/** What was found inside a model's files, or why it cannot be served. Rows of earlier releases lack the fields that are optional here. */
export const detectedModelSchema = z.object({
  format: z.enum(['onnx', 'mlflow', 'triton', 'unknown']),
  /** Whether there is a server for it that needs no code, and the reason in words when there is none. */
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
  mlflow: mlflowFactsSchema.nullable().optional(),
  triton: tritonFactsSchema.nullable().optional(),
  scoring: scoringHintsSchema.nullable().optional(),
  python: pythonNeedsSchema.nullable().optional(),
  warnings: z.array(z.string()),
});

export const modelFileSchema = z.object({ path: z.string(), size_bytes: z.number().int(), sha256: z.string() });

export const modelVersionWriteSchema = z.strictObject({
  name: assetNameSchema.optional(),
  version: assetVersionSchema.optional(),
  type: z.enum(MODEL_TYPES).optional(),
  /**
   * `upload:<id>`, `sample:<id>`, `file:<absolute path the operator allowed>`; or from elsewhere: `https://…`, `s3://<bucket>/<prefix>`,
   * `models:/<name>/<version>`, `models:/<name>@<alias>`, `runs:/<run>/<path>`, `hf://<owner>/<repository>[@<revision>]`.
   */
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
  'archived_version_count',
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
  /** Of these, how many are in the stage `Archived`. */
  archived_version_count: z.number().int(),
  type: z.enum(MODEL_TYPES),
  description: z.string(),
  tags: tagsSchema,
  properties: tagsSchema,
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
export type MlflowFacts = z.infer<typeof mlflowFactsSchema>;
export type MlflowField = z.infer<typeof mlflowFieldSchema>;
export type MlflowParameter = z.infer<typeof mlflowParameterSchema>;
export type PythonNeeds = z.infer<typeof pythonNeedsSchema>;
export type ScoringHints = z.infer<typeof scoringHintsSchema>;
export type TritonFacts = z.infer<typeof tritonFactsSchema>;
export type TritonModel = z.infer<typeof tritonModelSchema>;
export type ModelFile = z.infer<typeof modelFileSchema>;
export type ModelVersionWrite = z.infer<typeof modelVersionWriteSchema>;
export type ModelVersion = z.infer<typeof modelVersionSchema>;
export type Model = z.infer<typeof modelSchema>;
export type Sample = z.infer<typeof sampleSchema>;
