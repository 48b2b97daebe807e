/**
 * JSON merge patch (RFC 7396): members of the patch replace those of the target, null removes them, objects are merged, everything else is
 * replaced whole.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (isObject(target)) Object.assign(merged, target);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return { ...merged };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
