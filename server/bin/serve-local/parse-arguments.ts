import { parseArgs } from 'node:util';

/** What the person at the terminal has to change; the text says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface ServeLocalOptions {
  script: string | null;
  modelDir: string | null;
  python: string | null;
  conda: string | null;
  requirements: string | null;
  host: string;
  port: number;
  reload: boolean;
  /** Port of the debugger; null without one. */
  debugPort: number | null;
  debugWait: boolean;
}

export const HELP = `Usage: viridian serve-local --script score.py [--model-dir DIR] [options]
       viridian serve-local --model-dir DIR [options]

Runs the model server of a deployment on this machine, without the rest of Viridian, and starts it again whenever
code or model change. Without --script the model has to be an MLflow folder or an .onnx file.

What to serve
  --script FILE        scoring script with init() and run()
  --model-dir DIR      folder of the model: AZUREML_MODEL_DIR of the script

Packages; without any of these: the python3 of the PATH, so that of an active environment, for scripts, and what
the model asks for otherwise
  --conda FILE         conda file, from which an environment is built and kept
  --requirements FILE  requirements file, likewise
  --python FILE        a Python that has the packages

Server
  --port N             5001 unless it says otherwise; 0 takes a free one
  --host ADDRESS       127.0.0.1 unless it says otherwise
  --no-reload          serve what is there now, whatever changes

Debugger
  --debug              let an editor attach; prints its launch.json; needs debugpy, which built environments have
  --debug-port N       5678 unless it says otherwise
  --debug-wait         load nothing before an editor has attached

docs/local-debugging.md has examples.
`;

const OPTIONS = {
  script: { type: 'string' },
  'model-dir': { type: 'string' },
  python: { type: 'string' },
  conda: { type: 'string' },
  requirements: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '5001' },
  'no-reload': { type: 'boolean', default: false },
  debug: { type: 'boolean', default: false },
  'debug-port': { type: 'string' },
  'debug-wait': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/**
 * Reads the command line; null when help was asked for. Pure.
 * @throws UsageError naming the argument and what to write instead
 */
export function parseArguments(args: readonly string[]): ServeLocalOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const { script = null, 'model-dir': modelDir = null, python = null, conda = null, requirements = null } = values;
  if (script === null && modelDir === null) {
    throw new UsageError('Nothing to serve. Give --script score.py, or --model-dir with an MLflow or ONNX model.');
  }
  const sources = Object.entries({ python, conda, requirements }).filter(([, value]) => value !== null);
  if (sources.length > 1) {
    const names = sources.map(([name]) => `--${name}`).join(' and ');
    throw new UsageError(`${names} exclude each other. Give one of them.`);
  }
  const debugs = values.debug || values['debug-wait'] || values['debug-port'] !== undefined;
  return {
    script,
    modelDir,
    python,
    conda,
    requirements,
    host: values.host,
    port: readPort('--port', values.port, 0),
    reload: !values['no-reload'],
    debugPort: debugs ? readPort('--debug-port', values['debug-port'] ?? '5678', 1) : null,
    debugWait: values['debug-wait'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false, strict: true }).values;
  } catch (error) {
    // Node's words name the argument and often the remedy; what follows its first sentence is about positional arguments.
    const [said = ''] = (error as Error).message.split('. To specify');
    throw new UsageError(`${said.replace(/\.$/, '')}. "viridian serve-local --help" lists all options.`);
  }
}

function readPort(name: string, text: string, least: number): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= least && port <= 65_535) return port;
  throw new UsageError(`${name} ${text} is no port. Give a whole number from ${least} to 65535.`);
}
