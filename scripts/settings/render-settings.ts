import {
  accessConfig,
  administratorConfig,
  type ConfigSlice,
  dataDirConfig,
  gatewayConfig,
  listenConfig,
} from '#server/kernel/config.ts';
import { dockerConfig } from '#server/drivers/docker/docker-settings.ts';
import { imageConfig } from '#server/environments/image/image-settings.ts';
import { pythonConfig } from '#server/environments/python-settings.ts';
import { tritonConfig } from '#server/environments/triton-program.ts';
import { onnxServerConfig } from '#server/inference/onnx/settings.ts';
import { remoteModelsConfig } from '#server/models/remote/remote-settings.ts';
import { uploadConfig } from '#server/models/upload-config.ts';
import { telemetryConfig } from '#server/telemetry/telemetry-config.ts';
import { tlsConfig } from '#server/tls/tls-config.ts';

const GROUPS: readonly { title: string; slice: ConfigSlice }[] = [
  { title: 'Where things live', slice: dataDirConfig },
  { title: 'Addresses', slice: listenConfig },
  { title: 'Gateway', slice: gatewayConfig },
  { title: 'TLS of the gateway', slice: tlsConfig },
  { title: 'First administrator', slice: administratorConfig },
  { title: 'What may be reached', slice: accessConfig },
  { title: 'Uploads', slice: uploadConfig },
  { title: 'Models from elsewhere', slice: remoteModelsConfig },
  { title: 'Telemetry', slice: telemetryConfig },
  { title: 'Python environments', slice: pythonConfig },
  { title: 'Container images', slice: imageConfig },
  { title: 'Containers', slice: dockerConfig },
  { title: 'Triton', slice: tritonConfig },
  { title: 'ONNX model server (environment variables of a deployment)', slice: onnxServerConfig },
];

/** Defaults that depend on the machine, in words. */
const DESCRIBED_DEFAULTS: Record<string, string> = {
  VIRIDIAN_DATA_DIR: '~/.viridian',
  VIRIDIAN_GATEWAY_WORKERS: 'cores, at most 8',
  VIRIDIAN_ONNX_THREADS: 'cores of the instance type',
};

interface Setting {
  name: string;
  defaultText: string;
  meaning: string;
}

function listSettings(slice: ConfigSlice): Setting[] {
  return Object.entries(slice).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined);
    const value = fallback.success && fallback.data !== undefined ? String(fallback.data) : '';
    return { name, defaultText: DESCRIBED_DEFAULTS[name] ?? value, meaning: schema.description ?? '' };
  });
}

export function renderEnvExample(): string {
  const groups = GROUPS.map(({ title, slice }) => {
    const lines = listSettings(slice).map(
      ({ name, defaultText, meaning }) => `# ${meaning}\n# ${name}=${defaultText}\n`,
    );
    return `# --- ${title}\n\n${lines.join('\n')}`;
  });
  return `# Every setting of Viridian with its default. NAME_FILE names a file that holds the value of NAME, for secrets.\n\n${groups.join('\n')}`;
}

export function renderSettingsPage(): string {
  const groups = GROUPS.map(({ title, slice }) => {
    const rows = listSettings(slice).map(
      ({ name, defaultText, meaning }) => `| \`${name}\` | ${defaultText || '–'} | ${meaning} |`,
    );
    return `## ${title}\n\n| Setting | Default | Meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Settings\n\nSettings are environment variables. \`NAME_FILE\` names a file that holds the value of \`NAME\`, for secrets. This page is generated from the\nconfiguration slices.\n\n${groups.join('\n')}`;
}
