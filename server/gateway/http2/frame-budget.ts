import { TokenBucket } from '../token-bucket.ts';

const RESETS_PER_SECOND = 100;
const RESET_BURST = 200;
const SETTINGS_PER_SECOND = 1;
const SETTINGS_BURST = 20;
const PINGS_PER_SECOND = 10;
const PING_BURST = 100;

/**
 * How many frames of the kinds that cost a server more than the client one connection may send: requests that are taken back at once (CVE-2023-44487, and by way of
 * errors CVE-2025-8671), SETTINGS and PING (CVE-2019-9512, -9515), which all want an answer.
 */
export class FrameBudget {
  private readonly resets: TokenBucket;
  private readonly settings: TokenBucket;
  private readonly pings: TokenBucket;

  constructor(now: number) {
    this.resets = new TokenBucket(RESETS_PER_SECOND, RESET_BURST, now);
    this.settings = new TokenBucket(SETTINGS_PER_SECOND, SETTINGS_BURST, now);
    this.pings = new TokenBucket(PINGS_PER_SECOND, PING_BURST, now);
  }

  takeReset(now: number): boolean {
    return this.resets.tryTake(now);
  }

  takeSettings(now: number): boolean {
    return this.settings.tryTake(now);
  }

  takePing(now: number): boolean {
    return this.pings.tryTake(now);
  }

  /** Something has come that is no overhead: clients that measure the path send a ping with every piece of data. */
  onWork(): void {
    this.pings.add(PING_BURST);
  }
}
