/**
 * Lets one request at a time work on an upload. A new one sends the one before it away first: a client that comes back after its connection
 * broke must not wait until the server notices that the old connection is dead.
 */
export class UploadTurns {
  readonly #holders = new Map<string, { dismiss: () => void; done: Promise<unknown> }>();

  /** @param dismiss makes the work end soon; called when somebody else wants the turn */
  async take<Result>(id: string, dismiss: () => void, work: () => Promise<Result>): Promise<Result> {
    for (let holder = this.#holders.get(id); holder !== undefined; holder = this.#holders.get(id)) {
      holder.dismiss();
      await holder.done;
    }
    const running = work();
    const done = running.then(
      () => undefined,
      () => undefined,
    );
    const mine = { dismiss, done };
    this.#holders.set(id, mine);
    try {
      return await running;
    } finally {
      if (this.#holders.get(id) === mine) this.#holders.delete(id);
    }
  }
}
