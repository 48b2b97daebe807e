import {
  ASSET_NAME_PATTERN,
  MAX_RESOURCE_NAME_LENGTH,
  MIN_RESOURCE_NAME_LENGTH,
  resourceNameFault,
} from '../contracts/names.ts';

/** Deployments named after the colours that identify them, in the order of the palette. */
const COLOURS = ['blue', 'green', 'amber', 'magenta', 'umber', 'violet'] as const;

/** The first colour that no deployment of the endpoint is called by; numbered names after the sixth. */
export function suggestDeploymentName(taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  const colour = COLOURS.find((name) => !used.has(name));
  if (colour) return colour;
  let number = COLOURS.length + 1;
  while (used.has(`grey-${number}`)) number += 1;
  return `grey-${number}`;
}

/** A name for an endpoint of a model that is free and keeps the rule for names. */
export function suggestEndpointName(model: string, taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  const base = toResourceName(model);
  if (!used.has(base)) return base;
  let number = 2;
  while (used.has(numbered(base, number))) number += 1;
  return numbered(base, number);
}

function numbered(base: string, number: number): string {
  const suffix = `-${number}`;
  return `${base.slice(0, MAX_RESOURCE_NAME_LENGTH - suffix.length).replace(/-+$/, '')}${suffix}`;
}

function toResourceName(text: string): string {
  const words = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, MAX_RESOURCE_NAME_LENGTH)
    .replace(/-+$/, '');
  const name = words.length < MIN_RESOURCE_NAME_LENGTH ? `model-${words}`.replace(/-+$/, '') : words;
  return resourceNameFault(name) === null ? name : 'model';
}

const FILE_ENDINGS = /\.(?:onnx|pkl|pickle|joblib|pt|pth|h5|keras|safetensors|zip|tar|tgz|tar\.gz)$/i;

/** A name for the model in a file, archive or folder: `Fraud v14.onnx` is fraud-v14. */
export function suggestModelName(filename: string): string {
  const stem = (filename.split('/').pop() ?? filename).replace(FILE_ENDINGS, '');
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return ASSET_NAME_PATTERN.test(name) ? name.slice(0, 64) : 'model';
}

/** Slot of the identity palette that a name claims: `blue` is 1; null for names that are no colour of it. */
export function colourSlotOfName(name: string): number | null {
  const index = COLOURS.findIndex((colour) => colour === name);
  return index < 0 ? null : index + 1;
}
