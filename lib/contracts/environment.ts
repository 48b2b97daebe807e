import { z } from 'zod';
import { problemSchema } from './problem.ts';
import { assetNameSchema, assetVersionSchema, listSchema, revisionedShape, tagsSchema } from './resource.ts';

const portNumberSchema = z
  .number('must be an integer from 1 to 65535')
  .int('must be an integer')
  .min(1, 'must be from 1 to 65535')
  .max(65_535, 'must be from 1 to 65535');

/** Where a server answers. Without a port it is the one of scoring. */
export const routeSchema = z.strictObject({
  path: z.string().regex(/^\/[^\s?#]*$/, 'must be a path that starts with "/", without spaces, "?" and "#"'),
  port: portNumberSchema.optional(),
});

/** Where a server takes calls of gRPC; what they call is in the call itself. */
const grpcRouteSchema = z.strictObject({ port: portNumberSchema });

/** The routes of a server that somebody brings: which path and port mean alive, ready, and predict. */
export const inferenceConfigSchema = z.strictObject({
  liveness_route: routeSchema.optional(),
  readiness_route: routeSchema.optional(),
  scoring_route: routeSchema.optional(),
  /** Of containers that have a port of its own for gRPC; left out, calls of gRPC go to the port of scoring. */
  grpc_route: grpcRouteSchema.optional(),
});

const condaFileSchema = z
  .union([z.string().min(1).max(1_000_000), z.record(z.string(), z.unknown())])
  .describe('An object, YAML text, or upload:<id>');

const pipRequirementsSchema = z
  .union([z.string().max(1_000_000), z.array(z.string().max(4096)).max(5000)])
  .describe('Lines of a requirements file, or upload:<id>');

/** What decides an environment. A base image, a Dockerfile, or a saved image; and packages on top of a base. */
export const environmentDefinitionShape = {
  image: z.string().min(1).max(512).optional(),
  /** A file made by `docker save`, as `upload:<id>`. */
  image_archive: z.string().min(1).max(512).optional(),
  build: z
    .strictObject({ path: z.string().min(1).max(4096), dockerfile_path: z.string().min(1).max(1024).optional() })
    .optional(),
  conda_file: condaFileSchema.optional(),
  pip_requirements: pipRequirementsSchema.optional(),
  inference_config: inferenceConfigSchema.optional(),
  os_type: z.string().max(64).optional(),
};

export const environmentVersionWriteSchema = z.strictObject({
  name: assetNameSchema.optional(),
  version: assetVersionSchema.optional(),
  ...environmentDefinitionShape,
  description: z.string().max(4096).optional(),
  tags: tagsSchema.optional(),
  properties: tagsSchema.optional(),
});

export const ENVIRONMENT_READ_ONLY_FIELDS = [
  '$schema',
  'id',
  'kind',
  'anonymous',
  'build_number',
  'builds',
  'used_by',
  'deployments',
  'refresh',
  'latest_version',
  'version_count',
  'revision',
  'created_at',
  'updated_at',
  'creation_context',
] as const;

export const BUILD_STATES = ['not_built', 'building', 'ready', 'failed'] as const;
export const ENVIRONMENT_KINDS = ['image', 'archive', 'dockerfile', 'python', 'image_with_packages'] as const;

/** A layer that is pulled or a step of a Dockerfile. */
export const buildPartSchema = z.object({
  kind: z.enum(['layer', 'step']),
  /** Short id of the layer, or the instruction. */
  name: z.string(),
  /** `cached`: it was here before. */
  state: z.enum(['waiting', 'fetching', 'unpacking', 'running', 'done', 'cached']),
  bytes: z.number().int(),
  total_bytes: z.number().int().nullable(),
});

/** What became of a definition on one runtime of this host. */
export const environmentBuildSchema = z.object({
  runtime: z.enum(['process', 'docker']),
  key: z.string(),
  state: z.enum(BUILD_STATES),
  /** What is being done now, in words. */
  step: z.string().nullable(),
  /** 0 to 1, or null when it cannot be known. */
  progress: z.number().min(0).max(1).nullable(),
  /** Of what is being done now; empty where it has none, and once the build has ended. */
  parts: z.array(buildPartSchema),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  /** `sha256:…` of the image. */
  image_id: z.string().nullable(),
  /** `<repository>@sha256:…`, pinned when it was pulled. */
  digest: z.string().nullable(),
  /** Version of the interpreter, or its path inside the image. */
  python: z.string().nullable(),
  size_bytes: z.number().int().nullable(),
  packages: z.array(z.object({ name: z.string(), version: z.string() })),
  warnings: z.array(z.string()),
  error: problemSchema.nullable(),
});

/** A deployment that names an environment version, and the build that it runs. */
export const environmentDeploymentSchema = z.object({
  /** `/endpoints/{endpoint}/deployments/{deployment}` */
  deployment: z.string(),
  /** Of what runs; null while nothing of this version has been ready. */
  build_number: z.number().int().nullable(),
  /** `behind`: there is a newer build; `rolling`: an operation brings the newest. */
  state: z.enum(['current', 'behind', 'rolling']),
  runtime: z.enum(['process', 'docker']),
  /** `sha256:…` of the image that runs. */
  image_id: z.string().nullable(),
  /** The newest operation of the deployment. */
  operation_id: z.string().nullable(),
});

/** How an environment is kept fresh: built anew from time to time, beside the build that deployments get until the next one is whole. */
export const environmentRefreshSchema = z.object({
  every_days: z.number().positive(),
  /** `idle`: nothing of it has been built here yet. */
  state: z.enum(['idle', 'waiting', 'building', 'failed']),
  /** When what deployments get was built, with the fixes of its base. */
  last_at: z.string().nullable(),
  /** When it is built anew, or tried again. */
  next_at: z.string().nullable(),
  /** In a row. */
  failures: z.number().int(),
  error: problemSchema.nullable(),
});

export const environmentVersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  kind: z.enum(ENVIRONMENT_KINDS),
  image: z.string().optional(),
  image_archive: z.string().optional(),
  build: z.object({ path: z.string(), dockerfile_path: z.string() }).optional(),
  /** YAML text. */
  conda_file: z.string().optional(),
  /** Text of a requirements file. */
  pip_requirements: z.string().optional(),
  inference_config: inferenceConfigSchema.optional(),
  os_type: z.string().optional(),
  description: z.string(),
  tags: tagsSchema,
  properties: tagsSchema,
  /** Rises with every rebuild; deployments keep the build that they were deployed with. */
  build_number: z.number().int().min(1),
  /** Only what was asked for once. */
  builds: z.array(environmentBuildSchema),
  /** `/endpoints/{endpoint}/deployments/{deployment}` of every deployment that names this version. */
  used_by: z.array(z.string()),
  deployments: z.array(environmentDeploymentSchema),
  /** Null where it is built anew only when somebody asks. */
  refresh: environmentRefreshSchema.nullable(),
  ...revisionedShape,
});
export const environmentVersionListSchema = listSchema(environmentVersionSchema);

export const environmentSchema = z.object({
  name: z.string(),
  latest_version: z.string().nullable(),
  version_count: z.number().int(),
  kind: z.enum(ENVIRONMENT_KINDS),
  description: z.string(),
  /** Registered by a deployment from an inline object. */
  anonymous: z.boolean(),
  used_by: z.array(z.string()),
  ...revisionedShape,
});
export const environmentListSchema = listSchema(environmentSchema);

/** Body of `POST /environments/{name}/versions/{version}/build`. */
export const environmentBuildRequestSchema = z.strictObject({
  /** What there is on this host, when left out. */
  runtime: z.enum(['process', 'docker']).optional(),
  /** Build anew even though there is a build; later deployments use the new one. */
  rebuild: z.boolean().optional(),
});

/** Body of `POST /environments/{name}/versions/{version}/roll`. */
export const environmentRollRequestSchema = z.strictObject({
  /** `/endpoints/{endpoint}/deployments/{deployment}`; every one that is behind when left out. */
  deployments: z.array(z.string().min(1).max(1024)).min(1).max(1000).optional(),
});

export const environmentRollSchema = z.object({
  /** Operations that bring the newest build, each with what it changes. */
  items: z.array(z.object({ deployment: z.string(), operation_id: z.string() })),
});

export type InferenceConfig = z.infer<typeof inferenceConfigSchema>;
export type EnvironmentVersionWrite = z.infer<typeof environmentVersionWriteSchema>;
export type EnvironmentVersion = z.infer<typeof environmentVersionSchema>;
export type BuildPart = z.infer<typeof buildPartSchema>;
export type EnvironmentBuild = z.infer<typeof environmentBuildSchema>;
export type EnvironmentDeployment = z.infer<typeof environmentDeploymentSchema>;
export type EnvironmentRefresh = z.infer<typeof environmentRefreshSchema>;
export type EnvironmentRoll = z.infer<typeof environmentRollSchema>;
export type Environment = z.infer<typeof environmentSchema>;
export type EnvironmentKind = (typeof ENVIRONMENT_KINDS)[number];
