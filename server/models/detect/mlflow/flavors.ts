/** Flavours whose package goes by another name, or that need more than one. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  sklearn: ['scikit-learn'],
  pytorch: ['torch'],
  onnx: ['onnx', 'onnxruntime'],
  spark: ['pyspark'],
  paddle: ['paddlepaddle'],
  sentence_transformers: ['sentence-transformers'],
  llama_index: ['llama-index'],
};

/** Fields of a flavour that hold the version of its package. */
const VERSION_FIELDS: Readonly<Record<string, string>> = {
  sklearn: 'sklearn_version',
  pytorch: 'pytorch_version',
  xgboost: 'xgb_version',
  lightgbm: 'lgb_version',
  spark: 'pyspark_version',
};

export const PYFUNC = 'python_function';

/** The library that made a model: the first flavour that is not the common wrapper, else the wrapper. Pure. */
export function mainFlavor(flavors: readonly string[]): string {
  return flavors.find((name) => name !== PYFUNC) ?? PYFUNC;
}

/** Packages that a flavour cannot be loaded without. Pure. */
export function packagesOf(flavor: string): readonly string[] {
  return flavor === PYFUNC ? [] : (PACKAGES[flavor] ?? [flavor]);
}

/** Version of its package that a flavour was saved with, or null. Pure. */
export function savedVersion(flavor: string, fields: Readonly<Record<string, unknown>>): string | null {
  const version = fields[VERSION_FIELDS[flavor] ?? `${flavor}_version`];
  return typeof version === 'string' && /^\d/.test(version) ? version : null;
}
