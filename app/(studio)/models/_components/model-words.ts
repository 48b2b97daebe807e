import type { Model, ModelVersion, TensorSpec } from '#lib/contracts/model.ts';

export const MODEL_TYPE_WORDS: Record<Model['type'], string> = {
  onnx_model: 'ONNX',
  mlflow_model: 'MLflow',
  triton_model: 'Triton',
  custom_model: 'Files',
};

/** `any × 4`: the axes of a tensor; a dynamic one by its name, or as "any". */
export function sayShape(shape: TensorSpec['shape']): string {
  return shape.length === 0 ? 'one value' : shape.map((axis) => axis ?? 'any').join(' × ');
}

/** Where a version is deployed from: without code where there is a server for it, else with a script that uses it. */
export function deployHref({ name, version, detected }: Pick<ModelVersion, 'name' | 'version' | 'detected'>): string {
  const mode = detected.servable ? 'nocode' : 'lowcode';
  return `/endpoints/new?mode=${mode}&model=${encodeURIComponent(`${name}:${version}`)}`;
}
