import { isLimited, LimitKeeper, type LimitVerdict } from './limit-keeper.ts';
import type { RouteTable } from '#server/routing/route-table.ts';

/** Where a worker asks whether a limited endpoint takes one more request. */
export interface LimitGate {
  configure(table: RouteTable): void;
  /** Answers at once or later, in order. An admitted request is counted until `end`. */
  ask(endpoint: string, onVerdict: (verdict: LimitVerdict) => void): void;
  end(endpoint: string): void;
}

/** The endpoints of a table that have limits. */
export function limitedEndpoints(
  table: RouteTable,
): { name: string; limits: RouteTable['endpoints'][number]['limits'] }[] {
  return table.endpoints.filter(({ limits }) => isLimited(limits));
}

/** Limits of a worker that is alone. */
export function createLocalGate(): LimitGate {
  const keeper = new LimitKeeper();
  return {
    configure: (table) => keeper.configure(limitedEndpoints(table), performance.now()),
    ask: (endpoint, onVerdict) => onVerdict(keeper.ask(endpoint, performance.now())),
    end: (endpoint) => keeper.end(endpoint),
  };
}

export interface GateMessages {
  ask(endpoints: string[]): void;
  ended(endpoint: string, count: number): void;
}

/** Limits that the primary counts for several workers. Questions of one turn of the event loop travel together. */
export class SharedGate implements LimitGate {
  private readonly messages: GateMessages;
  private questions: string[] = [];
  private readonly asked: ((verdict: LimitVerdict) => void)[] = [];

  constructor(messages: GateMessages) {
    this.messages = messages;
  }

  configure(): void {
    // The primary has the table too.
  }

  ask(endpoint: string, onVerdict: (verdict: LimitVerdict) => void): void {
    if (this.questions.length === 0) setImmediate(() => this.send());
    this.questions.push(endpoint);
    this.asked.push(onVerdict);
  }

  end(endpoint: string): void {
    this.messages.ended(endpoint, 1);
  }

  onVerdicts(verdicts: readonly LimitVerdict[]): void {
    for (const verdict of verdicts) this.asked.shift()?.(verdict);
  }

  private send(): void {
    const { questions } = this;
    this.questions = [];
    this.messages.ask(questions);
  }
}
