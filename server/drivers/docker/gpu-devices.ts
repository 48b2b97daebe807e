/**
 * Ids of the devices that instances can be given, from the output of `nvidia-smi -L`: whole GPUs, and of a GPU that is cut into MIG slices its slices
 * instead, for the whole cannot be had then.
 */
export function parseGpuList(output: string): string[] {
  const gpus: { id: string; slices: string[] }[] = [];
  for (const line of output.split('\n')) {
    const id = /\(UUID: ((?:GPU|MIG)-[^)\s]+)\)/.exec(line)?.[1];
    if (id === undefined) continue;
    if (id.startsWith('GPU-')) gpus.push({ id, slices: [] });
    else gpus.at(-1)?.slices.push(id);
  }
  return gpus.flatMap(({ id, slices }) => (slices.length > 0 ? slices : [id]));
}

/** The devices for a new instance, first come first served; null when there are not enough that nobody has. */
export function pickGpus(count: number, present: readonly string[], taken: ReadonlySet<string>): string[] | null {
  const free = present.filter((id) => !taken.has(id));
  return free.length >= count ? free.slice(0, count) : null;
}
