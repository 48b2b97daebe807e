import type { DeploymentWrite } from '../contracts/deployment.ts';
import type { ModelSource } from './model-source.ts';
import type { DraftFault } from './draft-field.ts';

/** A text file of the code that is sent. `path` is inside the folder that becomes the code's root. */
export interface CodeFile {
  path: string;
  text: string;
}

export type PackagesKind = 'pip' | 'conda' | 'registered';

/** What somebody wrote about a scoring script. Every way to name packages is kept, so that looking at another loses nothing. */
export interface ScriptForm {
  files: CodeFile[];
  scoringScript: string;
  /** Code of the deployment that is edited, as the API names it; it stays until other files are brought. Null for code that is written here. */
  stored: string | null;
  packages: PackagesKind;
  pip: string;
  conda: string;
  environment: { name: string; version: string } | null;
}

/** A scoring script, what it runs in, and the model that it uses if it uses one. */
export interface ScriptSource {
  kind: 'script';
  /** For suggestions. */
  name: string;
  model: ModelSource | null;
  files: readonly CodeFile[];
  scoringScript: string;
  /** What the API knows the code by: `upload:<id>` or what it is stored as; null until the files are sent. */
  code: string | null;
  packages:
    | { kind: 'pip'; text: string }
    | { kind: 'conda'; text: string }
    | { kind: 'registered'; name: string; version: string }
    | null;
}

const SCRIPT_TEMPLATE = `import json
import os


def init():
    """Runs once when an instance starts. Load the model here."""
    global model_dir
    # The folder with the files of the model, if the deployment has one.
    model_dir = os.getenv("AZUREML_MODEL_DIR", "")


def run(raw_data):
    """Runs for every request. Takes the body as text and returns what JSON can hold."""
    rows = json.loads(raw_data)["input_data"]
    return {"rows": len(rows)}
`;

const PIP_TEMPLATE = `# One package a line, with its version:
# scikit-learn==1.9.1
`;

const CONDA_TEMPLATE = `channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip: []
`;

export const NEW_SCRIPT: ScriptForm = {
  files: [{ path: 'score.py', text: SCRIPT_TEMPLATE }],
  scoringScript: 'score.py',
  stored: null,
  packages: 'pip',
  pip: PIP_TEMPLATE,
  conda: CONDA_TEMPLATE,
  environment: null,
};

export function scriptSource(form: ScriptForm, model: ModelSource | null): ScriptSource {
  const { files, scoringScript, stored } = form;
  const name = model?.name || 'scoring';
  return { kind: 'script', name, model, files, scoringScript, code: stored, packages: packagesOf(form) };
}

function packagesOf({ packages, pip, conda, environment }: ScriptForm): ScriptSource['packages'] {
  if (packages === 'pip') return { kind: 'pip', text: pip };
  if (packages === 'conda') return { kind: 'conda', text: conda };
  return environment && { kind: 'registered', ...environment };
}

/** Folder that texts name while the code has no upload: whoever keeps the YAML puts the files there. */
export const CODE_FOLDER = './code';

export function scriptBody(script: ScriptSource): Pick<DeploymentWrite, 'code_configuration' | 'environment'> {
  const { code, scoringScript, packages } = script;
  return {
    code_configuration: { code: code ?? CODE_FOLDER, scoring_script: scoringScript },
    ...(packages && { environment: environmentBody(packages) }),
  };
}

function environmentBody(packages: NonNullable<ScriptSource['packages']>): NonNullable<DeploymentWrite['environment']> {
  switch (packages.kind) {
    case 'pip':
      return { pip_requirements: packages.text };
    case 'conda':
      return { conda_file: packages.text };
    case 'registered':
      return `azureml:${packages.name}:${packages.version}`;
  }
}

export function scriptFaults({ files, scoringScript, code, packages, model }: ScriptSource): DraftFault[] {
  const faults: DraftFault[] = code === null ? codeFaults(files, scoringScript) : [];
  if (packages === null) faults.push({ field: 'packages', message: 'Choose an environment.' });
  if (packages?.kind === 'conda' && packages.text.trim() === '') {
    faults.push({ field: 'packages', message: 'The conda file is empty.' });
  }
  if (model?.kind === 'upload' && model.id === '') {
    faults.push({ field: 'model', message: 'The upload of the model is not complete.' });
  }
  return faults;
}

function codeFaults(files: readonly CodeFile[], scoringScript: string): DraftFault[] {
  const script = files.find(({ path }) => path === scoringScript);
  if (script === undefined) return [{ field: 'script', message: 'Choose the file that holds init() and run().' }];
  return script.text.trim() === '' ? [{ field: 'script', message: `${scoringScript} is empty.` }] : [];
}
