import { type ContainerForm, EMPTY_CONTAINER } from './container-source.ts';

export interface ContainerExample {
  id: string;
  label: string;
  /** What to put in place of the example's own names. */
  note: string;
  form: Partial<ContainerForm>;
}

/**
 * Filled-in shapes of servers that people bring. Ports, paths and flags are those of each project's own documentation; every image here may
 * write outside of `/tmp`, unless its root is said to stay read-only. The model lies in a folder of its name and version below the mount path, so
 * what names it says `$(AZUREML_MODEL_DIR)`,
 * followed by the name of the folder that was dropped, as the note has it.
 */
export const CONTAINER_EXAMPLES: readonly ContainerExample[] = [
  {
    id: 'tensorflow-serving',
    label: 'TensorFlow Serving',
    note: 'The model is a folder "model" that holds numbered versions; MODEL_NAME names it, also in the paths.',
    form: {
      image: 'tensorflow/serving:2.19.0',
      port: '8501',
      grpcPort: '8500',
      scoringPath: '/v1/models/model:predict',
      readinessPath: '/v1/models/model',
      variables: 'MODEL_NAME=model\nMODEL_BASE_PATH=$(AZUREML_MODEL_DIR)',
      mountPath: '/models',
    },
  },
  {
    id: 'torchserve',
    label: 'TorchServe',
    note: 'The model is a folder "models" with .mar archives; "model" in the path is the name of one.',
    form: {
      image: 'pytorch/torchserve:0.12.0-cpu',
      port: '8080',
      scoringPath: '/predictions/model',
      readinessPath: '/ping',
      command:
        'torchserve\n--start\n--foreground\n--model-store\n$(AZUREML_MODEL_DIR)/models\n--models\nall\n--disable-token-auth',
      mountPath: '/models',
      isRootReadOnly: false,
    },
  },
  {
    id: 'vllm',
    label: 'vLLM',
    note: 'Serves the chat API of a language model, which is a folder "model". It needs an instance type with a GPU.',
    form: {
      image: 'vllm/vllm-openai:v0.10.1',
      port: '8000',
      scoringPath: '/v1/chat/completions',
      readinessPath: '/health',
      command: '--model\n$(AZUREML_MODEL_DIR)/model\n--served-model-name\nmodel',
      mountPath: '/models',
      isRootReadOnly: false,
    },
  },
  {
    id: 'ollama',
    label: 'Ollama',
    note: 'The model is a folder "models" as Ollama keeps them: blobs and manifests.',
    form: {
      image: 'ollama/ollama:0.11.4',
      port: '11434',
      scoringPath: '/api/generate',
      readinessPath: '/api/version',
      variables: 'OLLAMA_HOST=0.0.0.0:11434\nOLLAMA_MODELS=$(AZUREML_MODEL_DIR)/models\nOLLAMA_NOPRUNE=1',
      mountPath: '/models',
      isRootReadOnly: false,
    },
  },
  {
    id: 'mlserver',
    label: 'MLServer',
    note: 'The model is a folder with a model-settings.json; the path carries the name that stands in it.',
    form: {
      image: 'seldonio/mlserver:1.7.1',
      port: '8080',
      grpcPort: '8081',
      scoringPath: '/v2/models/model/infer',
      readinessPath: '/v2/health/ready',
      livenessPath: '/v2/health/live',
      command: 'mlserver\nstart\n$(AZUREML_MODEL_DIR)',
      mountPath: '/mnt/models',
    },
  },
  {
    id: 'triton',
    label: 'Triton',
    note: 'The model is a repository, a folder "models": in it a folder for each model, with its config.pbtxt and numbered versions.',
    form: {
      image: 'nvcr.io/nvidia/tritonserver:25.07-py3',
      port: '8000',
      grpcPort: '8001',
      scoringPath: '/v2/models/model/infer',
      readinessPath: '/v2/health/ready',
      livenessPath: '/v2/health/live',
      command: 'tritonserver\n--model-repository=$(AZUREML_MODEL_DIR)/models',
      mountPath: '/models',
    },
  },
  {
    id: 'llama-cpp',
    label: 'llama.cpp server',
    note: 'The model is one .gguf file; write its name into the command.',
    form: {
      image: 'ghcr.io/ggml-org/llama.cpp:server',
      port: '8080',
      scoringPath: '/v1/chat/completions',
      readinessPath: '/health',
      command: '--host\n0.0.0.0\n--port\n8080\n--model\n$(AZUREML_MODEL_DIR)/model.gguf',
      mountPath: '/models',
    },
  },
];

/** A form with an example put in, or emptied; what was dropped or uploaded stays. */
export function formOfExample(example: ContainerExample | null, before: ContainerForm): ContainerForm {
  const { context, archive } = before;
  return { ...EMPTY_CONTAINER, context, archive, ...example?.form };
}
