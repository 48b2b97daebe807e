import { z } from 'zod';
import { environmentVersionWriteSchema } from './environment.ts';
import { externalSchema, externalWriteSchema } from './external-server.ts';
import { MODEL_TYPES } from './model.ts';
import { problemSchema } from './problem.ts';
import {
  assetNameSchema,
  assetVersionSchema,
  caselessEnum,
  listSchema,
  resourceNameSchema,
  revisionedShape,
  scalarTextSchema,
  tagsSchema,
} from './resource.ts';

export const MAX_REQUEST_TIMEOUT_MS = 3_600_000;
export const DEPLOYMENT_KINDS = [
  'mlflow',
  'onnx',
  'triton',
  'scoring_script',
  'container',
  'external',
  'command',
] as const;
export const RUNTIMES = ['process', 'docker', 'kubernetes'] as const;
export const DEPLOYMENT_PROVISIONING_STATES = [
  'Creating',
  'Updating',
  'Scaling',
  'Deleting',
  'Succeeded',
  'Failed',
  'Canceled',
] as const;

export const requestSettingsSchema = z.strictObject({
  request_timeout_ms: z.number().int().min(1).max(MAX_REQUEST_TIMEOUT_MS).optional(),
  max_concurrent_requests_per_instance: z.number().int().min(1).max(100_000).optional(),
  max_queue_wait_ms: z.number().int().min(0).max(MAX_REQUEST_TIMEOUT_MS).optional(),
});

/**
 * Seconds throughout, as in the YAML. Liveness defaults to the YAML's own 10/10/2/1/30. Readiness defaults to asking at once, many
 * times a second while a program starts and every 5 s from then on; its attempts add up to the same five minutes (60, or fewer of a longer period). Answers show
 * what was filled in.
 */
export const probeSettingsSchema = z.strictObject({
  initial_delay: z.number().int().min(0).max(86_400).optional(),
  period: z.number().int().min(1).max(86_400).optional(),
  timeout: z.number().int().min(1).max(3_600).optional(),
  success_threshold: z.number().int().min(1).max(100).optional(),
  failure_threshold: z.number().int().min(1).max(10_000).optional(),
});

const ONE_SUCCESS = 'must be 1 for liveness, as in Kubernetes';

/** One failure in between starts the count of failures anew, as in the original; there is nothing that a higher number could mean. */
export const livenessSettingsSchema = probeSettingsSchema.extend({
  success_threshold: z.number().min(1, ONE_SUCCESS).max(1, ONE_SUCCESS).optional(),
});

/** An inline model is registered under a name made from its content. */
export const inlineModelSchema = z.strictObject({
  name: assetNameSchema.optional(),
  version: assetVersionSchema.optional(),
  type: z.enum(MODEL_TYPES).optional(),
  path: z.string().min(1),
  description: z.string().optional(),
  tags: tagsSchema.optional(),
});

const environmentNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must start with a letter or "_" and hold only letters, digits and "_"');

const relativePathSchema = z
  .string()
  .max(1024)
  .regex(
    /^(?!\/)(?!.*(?:\/|^)\.\.(?:\/|$))[^\0\\]+$/,
    'must be a path inside the uploaded folder, for example "score.py"',
  );

/** What only containers have. */
export const containerSettingsSchema = z.strictObject({
  /** The root file system cannot be written; `/tmp` can. On unless it is turned off. */
  read_only_root: z.boolean().optional(),
  /** `uid` or `uid:gid`; the image's own when left out. */
  user: z
    .string()
    .regex(/^\d{1,9}(:\d{1,9})?$/, 'must be "uid" or "uid:gid", both numbers')
    .optional(),
});

const writableShape = {
  endpoint_name: resourceNameSchema.optional(),
  type: caselessEnum(['managed', 'kubernetes', 'external']).optional(),
  description: z.string().max(4096).optional(),
  tags: tagsSchema.optional(),
  properties: tagsSchema.optional(),
  model: z.union([z.string().min(1), inlineModelSchema]).optional(),
  model_mount_path: z
    .string()
    .regex(
      /^\/(?!.*(?:\/|^)\.\.?(?:\/|$))[^\0]*$/,
      'must be an absolute path of a Linux file system, for example "/models"',
    )
    .max(1024)
    .optional(),
  code_configuration: z
    .strictObject({ code: z.string().min(1).max(1024), scoring_script: relativePathSchema })
    .optional(),
  environment: z.union([z.string().min(1), environmentVersionWriteSchema]).optional(),
  environment_variables: z.record(environmentNameSchema, scalarTextSchema).optional(),
  instance_type: z.string().min(1).max(64).optional(),
  instance_count: z.number().int().min(0).max(1000).optional(),
  app_insights_enabled: z.boolean().optional(),
  scale_settings: z.looseObject({ type: caselessEnum(['default', 'target_utilization']).optional() }).optional(),
  request_settings: requestSettingsSchema.optional(),
  liveness_probe: livenessSettingsSchema.optional(),
  readiness_probe: probeSettingsSchema.optional(),
  data_collector: z.record(z.string(), z.unknown()).optional(),
  egress_public_network_access: caselessEnum(['enabled', 'disabled']).optional(),
  resources: z.record(z.string(), z.unknown()).optional(),
  runtime: caselessEnum(RUNTIMES).optional(),
  external: externalWriteSchema.optional(),
  command: z.array(z.string()).min(1).max(256).optional(),
  container: containerSettingsSchema.optional(),
};

export const deploymentWriteSchema = z.strictObject({ name: resourceNameSchema.optional(), ...writableShape });

export const DEPLOYMENT_READ_ONLY_FIELDS = [
  '$schema',
  'id',
  'location',
  'provisioning_state',
  'deployment_kind',
  'ready_instances',
  'spec_hash',
  'error',
  'revision',
  'created_at',
  'updated_at',
  'creation_context',
  'colour_slot',
  'traffic_percent',
  'mirror_percent',
  'run_rate_micros_per_hour',
  'currency',
  'price_per_hour_micros',
  'operation_id',
  'model_detected',
  'runtime_reason',
  'warnings',
] as const;

/** An effective probe: defaults filled in, seconds. */
export const probeSchema = probeSettingsSchema.required();

export const deploymentSchema = z.object({
  name: z.string(),
  endpoint_name: z.string(),
  type: z.enum(['managed', 'kubernetes', 'external']),
  description: z.string(),
  tags: tagsSchema,
  properties: tagsSchema,
  /** `azureml:<name>:<version>`; null where a deployment has no model. */
  model: z.string().nullable(),
  model_mount_path: z.string().optional(),
  code_configuration: z.object({ code: z.string(), scoring_script: z.string() }).optional(),
  environment: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  environment_variables: z.record(z.string(), z.string()),
  instance_type: z.string(),
  instance_count: z.number().int(),
  app_insights_enabled: z.boolean(),
  scale_settings: z.looseObject({ type: z.string().optional() }),
  request_settings: requestSettingsSchema.required(),
  liveness_probe: probeSchema,
  readiness_probe: probeSchema,
  data_collector: z.record(z.string(), z.unknown()).optional(),
  egress_public_network_access: z.enum(['enabled', 'disabled']).optional(),
  resources: z.record(z.string(), z.unknown()).optional(),
  /** Left out of what runs outside of Viridian. */
  runtime: z.enum(RUNTIMES).optional(),
  runtime_reason: z.string(),
  external: externalSchema.optional(),
  command: z.array(z.string()).optional(),
  container: containerSettingsSchema.optional(),
  provisioning_state: z.enum(DEPLOYMENT_PROVISIONING_STATES),
  deployment_kind: z.enum(DEPLOYMENT_KINDS),
  ready_instances: z.number().int(),
  spec_hash: z.string(),
  /** Why it failed, in words, with the last log lines in `details.log_tail`. */
  error: problemSchema.nullable(),
  /** Identity colour for life: 1 blue, 2 green, 3 amber, 4 magenta, 5 umber, 6 violet, 7 and up grey. */
  colour_slot: z.number().int().min(1),
  traffic_percent: z.number().int(),
  mirror_percent: z.number().int(),
  price_per_hour_micros: z.number().int(),
  run_rate_micros_per_hour: z.number().int(),
  currency: z.string(),
  /** The newest operation of this deployment. */
  operation_id: z.string().nullable(),
  warnings: z.array(z.string()),
  ...revisionedShape,
});
export const deploymentListSchema = listSchema(deploymentSchema);

export const INSTANCE_STATES = [
  'starting',
  'probing',
  'ready',
  'unready',
  'draining',
  'stopping',
  'backing_off',
  'exited',
] as const;

export const instanceSchema = z.object({
  id: z.string(),
  state: z.enum(INSTANCE_STATES),
  started_at: z.string().nullable(),
  restarts: z.number().int(),
  last_exit: z
    .object({
      code: z.number().int().nullable(),
      signal: z.string().nullable(),
      reason: z.string(),
      out_of_memory: z.boolean(),
      at: z.string(),
    })
    .nullable(),
  cpu_percent: z.number().nullable(),
  memory_mib: z.number().nullable(),
  memory_limit_mib: z.number().nullable(),
  /** Since the start; null where it is not counted for each instance. */
  network_received_bytes: z.number().int().nullable(),
  network_sent_bytes: z.number().int().nullable(),
  /** Its devices and what they do now; empty where its type has none, null where they have not been measured. */
  gpus: z
    .array(
      z.object({
        /** `GPU-…` or `MIG-…` as the driver names it. */
        id: z.string(),
        memory_used_mib: z.number().nullable(),
        memory_total_mib: z.number().nullable(),
        /** Share of the last moments in which it computed. */
        utilization_percent: z.number().nullable(),
      }),
    )
    .nullable(),
  /** What runs it cannot be asked since then: all of this is as it was last seen. Null while it can. */
  unknown_since: z.string().nullable(),
  /** How the memory limit is enforced here: `cgroup`, `rlimit` or `none`, said so that nobody relies on what is not there. */
  memory_limit_by: z.enum(['cgroup', 'rlimit', 'none']),
  /** Driver's own reference, for example `process:1234@5678`. */
  runtime_ref: z.string().nullable(),
  /** Of an external server. */
  url: z.string().optional(),
  /** Last answer to the readiness probe in words; null before the first. */
  probe: z.string().nullable(),
  /** Why gateway workers send it nothing, until one request tries it again; null while they do. */
  ejection: z.object({ reason: z.string(), until: z.string(), workers: z.number().int() }).nullable(),
});
export const instanceListSchema = listSchema(instanceSchema);

export const logsSchema = z.object({ content: z.string() });

/** One console line. With `follow=true` each is the data of a Server-Sent Event `line` whose id resumes the stream. */
export const logLineSchema = z.object({
  at: z.string(),
  instance: z.string(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
});

export type DeploymentWrite = z.infer<typeof deploymentWriteSchema>;
export type Deployment = z.infer<typeof deploymentSchema>;
export type Instance = z.infer<typeof instanceSchema>;
export type InstanceState = (typeof INSTANCE_STATES)[number];
export type LogLine = z.infer<typeof logLineSchema>;
export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number];
