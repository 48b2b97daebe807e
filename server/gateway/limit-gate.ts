import { isLimited, LimitKeeper, type LimitVerdict } from './limit-keeper.ts';
import type { RouteEndpoint, RouteTable } from '#server/routing/route-table.ts';

/** Where a worker asks whether a limited endpoint takes one more request. */
export interface LimitGate {
  configure(endpoints: readonly LimitedEndpoint[]): void;
  /** Answers at once or later, in order. An admitted request is counted until `end`. @param account see `limitAccount` */
  ask(account: string, onVerdict: (verdict: LimitVerdict) => void): void;
  end(account: string): void;
}

export type LimitedEndpoint = Pick<RouteEndpoint, 'name' | 'limits'>;

/** The endpoints of a table that have limits. */
export function limitedEndpoints(table: RouteTable): LimitedEndpoint[] {
  return table.endpoints.filter(({ limits }) => isLimited(limits));
}

/** Limits of a worker that is alone. */
export function createLocalGate(): LimitGate {
  const keeper = new LimitKeeper();
  return {
    configure: (endpoints) => keeper.configure(endpoints, performance.now()),
    ask: (account, onVerdict) => onVerdict(keeper.ask(account, performance.now())),
    end: (account) => keeper.end(account),
  };
}

export interface GateMessages {
  ask(accounts: string[]): void;
  ended(account: string, count: number): void;
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

  ask(account: string, onVerdict: (verdict: LimitVerdict) => void): void {
    if (this.questions.length === 0) setImmediate(() => this.send());
    this.questions.push(account);
    this.asked.push(onVerdict);
  }

  end(account: string): void {
    this.messages.ended(account, 1);
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
