import { z } from 'zod';
import { DescriptionError } from '../bounded-text.ts';
import { orNull, parsePlainYaml, yamlText } from '../plain-yaml.ts';

const flavorSchema = z.record(z.string(), z.unknown());

const exampleInfoSchema = z.object({
  artifact_path: yamlText,
  serving_input_path: yamlText,
  type: yamlText,
});

const metricListSchema = z.array(z.object({ key: z.string(), value: z.string() }));

/** The fields of an `MLmodel` file that matter here; others are let pass, since every release of MLflow adds some. */
const mlmodelSchema = z.object({
  flavors: z.record(z.string(), orNull(flavorSchema)),
  mlflow_version: yamlText,
  model_uuid: yamlText,
  run_id: yamlText,
  utc_time_created: yamlText,
  model_size_bytes: yamlText,
  signature: orNull(z.object({ inputs: yamlText, outputs: yamlText, params: yamlText })),
  saved_input_example_info: orNull(exampleInfoSchema),
  metrics: orNull(z.union([z.record(z.string(), z.string()), metricListSchema])),
});

export interface MlmodelFile {
  flavors: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  mlflowVersion: string | null;
  modelUuid: string | null;
  runId: string | null;
  utcTimeCreated: string | null;
  modelSizeBytes: number | null;
  /** JSON texts, as MLflow embeds them. */
  signature: { inputs: string | null; outputs: string | null; params: string | null } | null;
  /** Paths inside the model's folder. */
  example: { path: string | null; servingPath: string | null; type: string | null } | null;
  metrics: Record<string, number>;
}

/**
 * Reads the text of an `MLmodel` file. Pure.
 * @throws DescriptionError when it is no YAML, or names no flavours
 */
export function parseMlmodel(text: string): MlmodelFile {
  const parsed = mlmodelSchema.safeParse(parsePlainYaml(text));
  if (!parsed.success) throw new DescriptionError('names no flavours, so it is no MLmodel file');
  const file = parsed.data;
  const example = file.saved_input_example_info;
  return {
    flavors: Object.fromEntries(Object.entries(file.flavors).map(([name, flavor]) => [name, flavor ?? {}])),
    mlflowVersion: file.mlflow_version,
    modelUuid: file.model_uuid,
    runId: file.run_id,
    utcTimeCreated: file.utc_time_created,
    modelSizeBytes: finiteNumber(file.model_size_bytes),
    signature: file.signature,
    example: example && {
      path: example.artifact_path,
      servingPath: example.serving_input_path,
      type: example.type,
    },
    metrics: readMetrics(file.metrics),
  };
}

function readMetrics(metrics: z.infer<typeof mlmodelSchema>['metrics']): Record<string, number> {
  const pairs = Array.isArray(metrics)
    ? metrics.map(({ key, value }) => [key, value] as const)
    : Object.entries(metrics ?? {});
  return Object.fromEntries(
    pairs.flatMap(([key, text]) => {
      const value = finiteNumber(text);
      return value === null ? [] : [[key, value]];
    }),
  );
}

function finiteNumber(text: string | null): number | null {
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
