import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { EnvironmentDefinition } from '#server/domain/environment-build.ts';
import { AppError } from '#server/kernel/app-error.ts';
import { hideSecrets } from '../python-settings.ts';
import { readDefinition } from '../python-requirements/read-definition.ts';
import { lockedPackages } from './lock-file.ts';
import type { PythonToolchain } from './python-toolchain.ts';
import { resolvePackages } from './resolve-packages.ts';
import { takePython } from './take-python.ts';

/** A person waits for the answer. */
const CHECK_TIMEOUT_MS = 60_000;

export interface RequirementQuestion {
  definition: Pick<EnvironmentDefinition, 'condaFile' | 'pipRequirements' | 'pythonVersion'>;
  servesPython: boolean;
}

export type RequirementCheck =
  | {
      kind: 'resolved';
      pythonVersion: string;
      packages: { name: string; version: string }[];
      /** What was changed or left out. */
      warnings: string[];
    }
  | {
      kind: 'failed';
      code: ErrorCode;
      detail: string;
      /** Conda packages that need the Docker runtime. */
      unmapped: string[];
    };

/**
 * Asks only whether the packages exist and go together for the Python that they would get; nothing is installed, and no Python is fetched.
 * @throws what is no answer about the packages: an abort, a defect
 */
export async function checkRequirements(
  { definition, servesPython }: RequirementQuestion,
  tools: PythonToolchain,
  servingRequirements: readonly string[],
  signal: AbortSignal,
): Promise<RequirementCheck> {
  try {
    const asked = readDefinition(definition);
    if (asked.unmapped.length > 0) return onlyConda(asked.unmapped);
    const user = { signal, onLine: () => undefined };
    const { python, warnings } = await takePython(asked.pythonVersion, tools, user, { mayFetch: false });
    const optional = servesPython ? servingRequirements : [];
    const { requirements } = asked;
    const options = { python: python.path, requirements, optional, timeoutMs: CHECK_TIMEOUT_MS };
    const resolution = await resolvePackages(options, tools, user);
    return {
      kind: 'resolved',
      pythonVersion: python.version.join('.'),
      packages: lockedPackages(resolution.lock),
      warnings: [...asked.notes, ...warnings, ...resolution.warnings],
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'failed', code: error.code, detail: hideSecrets(error.message, tools.settings), unmapped: [] };
  }
}

function onlyConda(unmapped: string[]): RequirementCheck {
  return { kind: 'failed', code: 'deployment.package_not_found', detail: sayOnlyConda(unmapped), unmapped };
}

/** What to do about packages that no wheel stands in for. */
export function sayOnlyConda(unmapped: readonly string[]): string {
  return `Only conda can install ${unmapped.join(', ')}: there are no wheels of them. Deploy with the Docker runtime, where conda builds the environment, or take them out if the model does without.`;
}
