/** Programs and folders of this installation that instances are made of. */
export interface InstallationPaths {
  /** Folder of the models: `<models>/<name>/<version>`. */
  modelsDir: string;
  /** Program and arguments that serve the ONNX model in AZUREML_MODEL_DIR. */
  onnxServer: readonly string[];
  /** Program and arguments that run the `tritonserver` of this host over the repository in AZUREML_MODEL_DIR. */
  tritonServer?: readonly string[];
  /** Folder of the Python package that serves scoring scripts and MLflow models. */
  pythonServerDir: string;
  /** Folder of stored files: code of deployments by hash. */
  filesDir: string;
  /** Where our own model servers keep compiled code, so that they start sooner. */
  compileCache?: string;
  /** Where our Python server keeps what it found out about a model. */
  servingCache?: string;
}
