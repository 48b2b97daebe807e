import type { Info } from '#lib/contracts/info.ts';
import { formatBytes, formatMemoryMib } from '#lib/format/bytes.ts';
import { figureText } from '#lib/format/figure.ts';
import { formatInteger } from '#lib/format/number.ts';

export interface HostCheck {
  name: string;
  present: boolean;
  /** What was found: a version, an amount, or why there is nothing. */
  found: string;
  /** What that means for deploying. */
  meaning: string;
  fix?: string | undefined;
}

/** The host's abilities as lines of a list. */
export function hostChecks(info: Info, locale: string): HostCheck[] {
  const { docker, process } = info.runtimes;
  return [
    {
      name: 'Processor and memory',
      present: true,
      found: `${formatInteger(info.cpu_count, locale)} cores, ${figureText(formatMemoryMib(info.memory_mib, locale))}`,
      meaning: 'Shared by all instances on this host',
    },
    {
      name: 'Models without containers',
      present: process.available,
      found: process.available ? 'ready' : 'not available',
      meaning: process.available ? 'ONNX models run as processes of this host' : (process.reason ?? ''),
      fix: process.fix,
    },
    {
      name: 'Python',
      present: process.python !== null,
      found: process.python ?? 'not found',
      meaning: process.python === null ? (process.python_reason ?? '') : 'Scoring scripts and MLflow models can run',
      fix: process.python_fix,
    },
    {
      name: 'Containers',
      present: docker.available,
      found: docker.available ? `Docker ${docker.version ?? ''}`.trim() : 'not available',
      meaning: docker.available ? 'Images and Dockerfiles can be deployed' : (docker.reason ?? ''),
      fix: docker.fix,
    },
    {
      name: 'GPU',
      present: info.gpu.available,
      found: info.gpu.available ? info.gpus.map((gpu) => gpu.name).join(', ') : 'none found',
      meaning: info.gpu.available ? 'Models that need one can run' : (info.gpu.reason ?? ''),
      fix: info.gpu.fix,
    },
    {
      name: 'Disk for models and logs',
      present: true,
      found: `${figureText(formatBytes(info.disk_free_bytes, locale))} free`,
      meaning: 'Where the data directory lies',
    },
  ];
}
