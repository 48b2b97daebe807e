import type { ErrorCode } from '#lib/contracts/error-codes.ts';
import type { DraftField } from '#lib/deployment-yaml/draft-field.ts';

/** What to press: a field of the deployment, or a page. */
export interface Remedy {
  label: string;
  href: string;
}

export interface Place {
  endpoint: string;
  deployment: string;
}

type CauseCode = Extract<ErrorCode, `deployment.${string}`>;

/** Fields by what asks for them: the first that the form has gets the focus. */
type Fix =
  | { kind: 'edit'; label: string; fields: readonly (DraftField | 'method')[] }
  | { kind: 'page'; label: string; href: string }
  | { kind: 'logs'; label: string };

const edit = (label: string, ...fields: readonly (DraftField | 'method')[]): Fix => ({ kind: 'edit', label, fields });
const page = (label: string, href: string): Fix => ({ kind: 'page', label, href });

const CORRECT_IMAGE = edit('Correct the image', 'container-image', 'packages');
const CORRECT_PACKAGES = edit('Correct the packages', 'packages', 'container-context');
const CORRECT_SCRIPT = edit('Correct the script', 'script');
const CORRECT_COMMAND = edit('Correct the command', 'container-command');
const CHOOSE_TYPE = edit('Choose an instance type', 'instance-type');
const CORRECT_SERVERS = edit('Correct the URLs', 'external-urls');
const CHOOSE_MODEL = edit('Choose another model', 'model');

/** Null where nothing but another attempt, or nothing at all, is to be done about it here. */
const FIXES: Readonly<Record<CauseCode, Fix | null>> = {
  'deployment.not_found': null,
  'deployment.has_traffic': null,
  'deployment.limit_reached': null,
  'deployment.canceled': null,
  'deployment.kind_not_supported': edit('Choose another way', 'method'),
  'deployment.model_missing': CHOOSE_MODEL,
  'deployment.model_not_loadable': CHOOSE_MODEL,
  'deployment.model_version_mismatch': edit('Give it packages that fit', 'packages', 'model'),
  'deployment.instance_type_unknown': CHOOSE_TYPE,
  'deployment.instance_type_too_large': CHOOSE_TYPE,
  'deployment.runtime_unavailable': edit('Choose another way', 'method'),
  'deployment.exited': { kind: 'logs', label: 'Read its log' },
  'deployment.not_ready_in_time': edit('Change how it is probed', 'container-readiness-path', 'readiness-probe'),
  'deployment.out_of_memory': edit('Choose a larger instance type', 'instance-type'),
  'deployment.command_not_found': CORRECT_COMMAND,
  'deployment.no_port_available': null,
  'deployment.address_not_allowed': CORRECT_SERVERS,
  'deployment.address_unknown': CORRECT_SERVERS,
  'deployment.image_not_found': CORRECT_IMAGE,
  'deployment.image_invalid': CORRECT_IMAGE,
  'deployment.registry_denied': page('Credentials of registries', '/admin/registries'),
  'deployment.registry_unreachable': CORRECT_IMAGE,
  'deployment.wrong_architecture': CORRECT_IMAGE,
  'deployment.disk_full': page('Remove environments', '/environments'),
  'deployment.dockerfile_missing': edit('Name the Dockerfile', 'container-dockerfile'),
  'deployment.build_failed': edit('Bring a corrected build', 'container-context', 'packages', 'container-archive'),
  'deployment.packages_conflict': CORRECT_PACKAGES,
  'deployment.packages_unreachable': null,
  'deployment.package_not_found': CORRECT_PACKAGES,
  'deployment.python_unavailable': CORRECT_PACKAGES,
  'deployment.gpu_unavailable': edit('Choose a type without a GPU', 'instance-type'),
  'deployment.listens_on_loopback': edit('Change how it is started', 'container-command', 'container-variables'),
  'deployment.wrong_port': edit('Correct the port', 'container-port'),
  'deployment.command_not_executable': CORRECT_COMMAND,
  'deployment.container_refused': edit('Change the container', 'container-user', 'container-command'),
  'deployment.probe_failed': edit('Correct the readiness path', 'container-readiness-path', 'readiness-probe'),
  'deployment.script_invalid': CORRECT_SCRIPT,
  'deployment.script_failed': CORRECT_SCRIPT,
  'deployment.import_missing': CORRECT_PACKAGES,
};

/** The button that leads to what repairs a cause; null where the cause has none. */
export function remedyOf(code: ErrorCode, { endpoint, deployment }: Place): Remedy | null {
  const fix = code in FIXES ? FIXES[code as CauseCode] : null;
  if (fix === null) return null;
  const base = `/endpoints/${encodeURIComponent(endpoint)}`;
  switch (fix.kind) {
    case 'page':
      return { label: fix.label, href: fix.href };
    case 'logs':
      return { label: fix.label, href: `${base}/logs?dep=${encodeURIComponent(deployment)}` };
    case 'edit':
      return { label: fix.label, href: editHref({ endpoint, deployment }, fix.fields) };
  }
}

/** The form of a deployment, with the focus on the first of some fields that it has. */
export function editHref({ endpoint, deployment }: Place, fields: readonly string[] = []): string {
  const search = new URLSearchParams({ from: deployment, ...(fields.length > 0 && { focus: fields.join(',') }) });
  return `/endpoints/${encodeURIComponent(endpoint)}/deployments/new?${search.toString()}`;
}
