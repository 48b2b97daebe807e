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

/**
 * Ids of the devices that a record names. Records of earlier versions have positions in the driver's list instead, which only ever meant whole GPUs.
 * @param present ids of the devices of this host, in the driver's order
 */
export function idsOfDevices(recorded: readonly string[], present: readonly string[]): string[] {
  const whole = present.every((id) => id.startsWith('GPU-')) ? present : [];
  return recorded.map((device) => (/^\d+$/.test(device) ? (whole[Number(device)] ?? device) : device));
}

/** The devices for a new instance, first come first served; null when there are not enough that nobody has. */
export function pickGpus(count: number, present: readonly string[], taken: ReadonlySet<string>): string[] | null {
  const free = present.filter((id) => !taken.has(id));
  return free.length >= count ? free.slice(0, count) : null;
}
