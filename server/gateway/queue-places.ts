/** Where a worker that is not alone asks whether one more request may wait for a deployment. */
export interface QueuePlaces {
  /** Answers later, in order. A granted place is held until `leave`. @param limit places of this queue, those of all workers together */
  ask(queue: string, limit: number, onAnswer: (granted: boolean) => void): void;
  leave(queue: string): void;
}

export interface PlaceQuestion {
  queue: string;
  limit: number;
}

export interface PlaceMessages {
  ask(questions: PlaceQuestion[]): void;
  left(queue: string, count: number): void;
}

/**
 * One worker's side of the places that the primary counts. Questions of one turn of the event loop travel together: a place is asked for only by
 * requests that have to wait anyway, so the way there and back costs them nothing.
 */
export class SharedPlaces implements QueuePlaces {
  private readonly messages: PlaceMessages;
  private questions: PlaceQuestion[] = [];
  private readonly asked: ((granted: boolean) => void)[] = [];

  constructor(messages: PlaceMessages) {
    this.messages = messages;
  }

  ask(queue: string, limit: number, onAnswer: (granted: boolean) => void): void {
    if (this.questions.length === 0) setImmediate(() => this.send());
    this.questions.push({ queue, limit });
    this.asked.push(onAnswer);
  }

  leave(queue: string): void {
    this.messages.left(queue, 1);
  }

  onAnswers(answers: readonly boolean[]): void {
    for (const granted of answers) this.asked.shift()?.(granted);
  }

  private send(): void {
    const { questions } = this;
    this.questions = [];
    this.messages.ask(questions);
  }
}

/**
 * Counts who waits in which queue across workers, so that a queue takes as many requests as it says however connections fall on workers: by
 * parts of their own, one worker would turn callers away while another has room.
 */
export class PlaceKeeper {
  private readonly held = new Map<string, Map<number, number>>();

  ask(worker: number, { queue, limit }: PlaceQuestion): boolean {
    const places = this.held.get(queue) ?? new Map<number, number>();
    if (sum(places) >= limit) return false;
    this.held.set(queue, places.set(worker, (places.get(worker) ?? 0) + 1));
    return true;
  }

  leave(worker: number, queue: string, count: number): void {
    const places = this.held.get(queue);
    if (places === undefined) return;
    const left = (places.get(worker) ?? 0) - count;
    if (left > 0) places.set(worker, left);
    else this.forget(queue, places, worker);
  }

  /** A worker is gone and who waited in it too. */
  removeWorker(worker: number): void {
    for (const [queue, places] of this.held) this.forget(queue, places, worker);
  }

  private forget(queue: string, places: Map<number, number>, worker: number): void {
    places.delete(worker);
    if (places.size === 0) this.held.delete(queue);
  }
}

function sum(counts: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
