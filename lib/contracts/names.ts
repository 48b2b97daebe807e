/** Rules for names, apart from their zod schemas, so that forms can check while somebody types without loading zod. */

/** Endpoints and deployments: starts with a letter, letters, digits and single dashes, no dash at the end. */
export const RESOURCE_NAME_PATTERN = /^[a-zA-Z](?!.*--)([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
export const RESOURCE_NAME_RULE = 'must start with a letter and hold only letters, digits and single dashes';
export const MIN_RESOURCE_NAME_LENGTH = 3;
export const MAX_RESOURCE_NAME_LENGTH = 32;

/** Models and environments: what a folder can be called everywhere. */
export const ASSET_NAME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;
export const ASSET_NAME_RULE = 'must start with a letter or digit and hold only letters, digits, ".", "_" and "-"';
export const MAX_ASSET_NAME_LENGTH = 255;

/** What is wrong with the name of an endpoint or deployment, after "The name …"; null when nothing is. */
export function resourceNameFault(name: string): string | null {
  if (name.length < MIN_RESOURCE_NAME_LENGTH) return `must have at least ${MIN_RESOURCE_NAME_LENGTH} characters`;
  if (name.length > MAX_RESOURCE_NAME_LENGTH) return `must have at most ${MAX_RESOURCE_NAME_LENGTH} characters`;
  return RESOURCE_NAME_PATTERN.test(name) ? null : RESOURCE_NAME_RULE;
}

/** What is wrong with the name of a model; null when nothing is. */
export function assetNameFault(name: string): string | null {
  if (name.length === 0) return 'must not be empty';
  if (name.length > MAX_ASSET_NAME_LENGTH) return `must have at most ${MAX_ASSET_NAME_LENGTH} characters`;
  return ASSET_NAME_PATTERN.test(name) ? null : ASSET_NAME_RULE;
}
