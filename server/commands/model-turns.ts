const turns = new Map<string, Promise<unknown>>();

/** Runs changes of one model's versions one after the other: the files of a version and its row are made, and removed, in two steps. */
export async function takeModelTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(name) ?? Promise.resolve();
  const turn = before.then(work, work);
  turns.set(name, turn);
  try {
    return await turn;
  } finally {
    if (turns.get(name) === turn) turns.delete(name);
  }
}
