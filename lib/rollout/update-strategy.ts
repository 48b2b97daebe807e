/** How the instances of a deployment are replaced. */
export type UpdateStrategy =
  /** New ones start beside the old, which go once the new are ready: never fewer than wanted. */
  | 'surge'
  /** An old one goes before a new one starts, and callers wait meanwhile: there is no room for both. */
  | 'in_place';

/**
 * Only GPUs are counted: two instances never share one, while processors and memory are shared by time and by their limits.
 * @param gpus of one instance
 * @param hostGpus of this host
 */
export function chooseUpdateStrategy(gpus: number, instanceCount: number, hostGpus: number): UpdateStrategy {
  return gpus > 0 && gpus * (instanceCount + 1) > hostGpus ? 'in_place' : 'surge';
}
