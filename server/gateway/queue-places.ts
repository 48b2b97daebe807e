/** Where a worker that is not alone asks whether one more request may wait for a deployment. */
export interface QueuePlaces {
  /**
   * Answers later, in order.
   * @param limit places of this queue, those of all workers together
   * @returns the place that was asked for; `leave` it once, whatever the answer is and whether or not it has come
   */
  ask(queue: string, limit: number, onAnswer: (granted: boolean) => void): number;
  leave(place: number): void;
}

export interface PlaceQuestion {
  /** Number of the place among those that the worker has asked for. */
  place: number;
  queue: string;
  limit: number;
}

export interface PlaceMessages {
  ask(questions: PlaceQuestion[]): void;
  left(places: number[]): void;
}

/**
 * One worker's side of the places that the primary counts. What is said in one turn of the event loop travels together: a place is asked for only by
 * requests that have to wait anyway, so the way there and back costs them nothing. A request that need not wait any more leaves at once, before the
 * answer too: places that only look taken would turn others away while the primary is busy.
 */
export class SharedPlaces implements QueuePlaces {
  private readonly messages: PlaceMessages;
  private questions: PlaceQuestion[] = [];
  private left: number[] = [];
  private readonly asked: ((granted: boolean) => void)[] = [];
  private lastPlace = 0;
  private scheduled = false;

  constructor(messages: PlaceMessages) {
    this.messages = messages;
  }

  ask(queue: string, limit: number, onAnswer: (granted: boolean) => void): number {
    this.lastPlace += 1;
    this.questions.push({ place: this.lastPlace, queue, limit });
    this.asked.push(onAnswer);
    this.schedule();
    return this.lastPlace;
  }

  leave(place: number): void {
    const unsent = this.questions.findIndex((question) => question.place === place);
    if (unsent < 0) {
      this.left.push(place);
      this.schedule();
    } else {
      this.asked.splice(unsent - this.questions.length, 1);
      this.questions.splice(unsent, 1);
    }
  }

  onAnswers(answers: readonly boolean[]): void {
    for (const granted of answers) this.asked.shift()?.(granted);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.send());
  }

  private send(): void {
    const { questions, left } = this;
    this.scheduled = false;
    this.questions = [];
    this.left = [];
    if (left.length > 0) this.messages.left(left);
    if (questions.length > 0) this.messages.ask(questions);
  }
}

/**
 * Counts who waits in which queue across workers, so that a queue takes as many requests as it says however connections fall on workers: by
 * parts of their own, one worker would turn callers away while another has room.
 */
export class PlaceKeeper {
  private readonly taken = new Map<string, number>();
  /** Queue of each place that a worker holds. */
  private readonly held = new Map<number, Map<number, string>>();

  ask(worker: number, { place, queue, limit }: PlaceQuestion): boolean {
    const taken = this.taken.get(queue) ?? 0;
    if (taken >= limit) return false;
    this.taken.set(queue, taken + 1);
    const held = this.held.get(worker) ?? new Map<number, string>();
    this.held.set(worker, held.set(place, queue));
    return true;
  }

  /** A place that was refused is not held, and leaving it changes nothing. */
  leave(worker: number, place: number): void {
    const held = this.held.get(worker);
    const queue = held?.get(place);
    if (held === undefined || queue === undefined) return;
    held.delete(place);
    const taken = (this.taken.get(queue) ?? 0) - 1;
    if (taken > 0) this.taken.set(queue, taken);
    else this.taken.delete(queue);
  }

  /** A worker is gone and who waited in it too. */
  removeWorker(worker: number): void {
    for (const place of this.held.get(worker)?.keys() ?? []) this.leave(worker, place);
    this.held.delete(worker);
  }
}
