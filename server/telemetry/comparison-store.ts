import type { MirrorComparisons } from '#lib/contracts/mirror-comparison.ts';
import type { Clock } from '#server/kernel/clock.ts';
import type { Logger } from '#server/kernel/logger.ts';
import { encodeBlock } from './block-codec.ts';
import { type BookLimits, ComparisonBook, DEFAULT_BOOK_LIMITS, type WrittenBook } from './comparison-book.ts';
import type { ComparisonBatch } from './comparison-record.ts';
import { type Journal, openJournal, replayJournals } from './journal.ts';
import type { ComparisonsQuery, RetainComparisons } from './parse-comparisons.ts';
import { type SenderMark, SenderRegistry } from './sender-registry.ts';

/** The journal is written anew when it is larger than this, and than twice what it would be then. */
const JOURNAL_BYTES = 4 * 1024 ** 2;

export interface ComparisonStoreOptions {
  folder: string;
  clock: Clock;
  logger: Logger;
  limits?: Partial<BookLimits>;
  journalBytes?: number;
}

interface State {
  book: WrittenBook;
  senders: SenderMark[];
}

export interface ComparisonCounters {
  batches: number;
  batches_repeated: number;
  records: number;
  dropped_by_senders: number;
  journal_failures: number;
}

/**
 * Keeps what came of comparisons across restarts: every batch goes into a journal, and now and then a new journal begins with all that is known,
 * after which the old ones go. A crash between any two steps neither loses what was written nor counts it twice.
 */
export class ComparisonStore {
  readonly counters: ComparisonCounters = {
    batches: 0,
    batches_repeated: 0,
    records: 0,
    dropped_by_senders: 0,
    journal_failures: 0,
  };
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #journalBytes: number;
  readonly #journal: Journal;
  readonly #book: ComparisonBook;
  readonly #senders: SenderRegistry;
  #unwritten: ComparisonBatch[] = [];
  /** The disk refused something that is known here. */
  #isBehind = false;
  #writtenBytes = 0;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(
    options: ComparisonStoreOptions,
    journal: Journal,
    book: ComparisonBook,
    senders: SenderRegistry,
  ) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#journalBytes = options.journalBytes ?? JOURNAL_BYTES;
    this.#journal = journal;
    this.#book = book;
    this.#senders = senders;
  }

  /** Opens the folder and replays what is there. */
  static async open(options: ComparisonStoreOptions): Promise<ComparisonStore> {
    const book = new ComparisonBook({ ...DEFAULT_BOOK_LIMITS, ...options.limits });
    const senders = new SenderRegistry();
    const { lastNumber } = replayJournals(options.folder, (_number, { meta }) => {
      const state = meta['state'] as State | undefined;
      if (state !== undefined) {
        book.read(state.book);
        senders.restore(state.senders, options.clock.now());
      }
      for (const batch of (meta['batches'] as ComparisonBatch[] | undefined) ?? []) {
        senders.accept(batch.source, batch.sequence, batch.dropped, options.clock.now());
        for (const record of batch.records) book.add(record);
      }
    });
    const store = new ComparisonStore(options, await openJournal(options.folder, lastNumber + 1), book, senders);
    // Many small journals of many restarts become one.
    await store.#alone(() => store.#compact());
    return store;
  }

  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /** Counts a batch at once; it is on disk after the next flush. */
  ingest(batch: ComparisonBatch): { accepted: boolean } {
    if (!this.#senders.accept(batch.source, batch.sequence, batch.dropped, this.#clock.now())) {
      this.counters.batches_repeated += 1;
      return { accepted: false };
    }
    this.counters.batches += 1;
    this.counters.records += batch.records.length;
    this.counters.dropped_by_senders += batch.dropped;
    for (const record of batch.records) this.#book.add(record);
    this.#unwritten.push(batch);
    return { accepted: true };
  }

  query({ endpoint, from, to, limit }: ComparisonsQuery): MirrorComparisons {
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      mirrors: this.#book.totals(endpoint, from, to),
      pairs: this.#book.pairs(endpoint, from, to, limit),
    };
  }

  /** Forgets what belongs to no endpoint of today, also on disk. */
  retain({ endpoints, asOfMs }: RetainComparisons): Promise<void> {
    return this.#alone(async () => {
      if (this.#book.retain(endpoints, asOfMs)) await this.#compact();
    });
  }

  flush(): Promise<void> {
    return this.#alone(async () => {
      const batches = this.#unwritten;
      if (batches.length === 0) return;
      this.#unwritten = [];
      await this.#write({ batches });
    });
  }

  /** Ages what is kept, and writes the journal anew where it has grown or the disk refused something. */
  maintain(): Promise<void> {
    return this.#alone(async () => {
      this.#book.age(this.#clock.now());
      const isLarge = this.#journal.bytes > Math.max(this.#journalBytes, 2 * this.#writtenBytes);
      if (isLarge || this.#isBehind) await this.#compact();
    });
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#journal.close();
  }

  async #compact(): Promise<void> {
    try {
      const old = await this.#journal.rotate();
      const state: State = { book: this.#book.write(), senders: this.#senders.snapshot() };
      this.#unwritten = [];
      if (!(await this.#write({ state }))) return;
      this.#writtenBytes = this.#journal.bytes;
      this.#isBehind = false;
      await this.#journal.removeUpTo(old);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** @returns whether the disk took it */
  async #write(meta: Record<string, unknown>): Promise<boolean> {
    try {
      await this.#journal.append(encodeBlock(meta, []));
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  #onFailure(error: unknown): void {
    this.counters.journal_failures += 1;
    // Said once and then counted: the log shares the disk.
    if (!this.#isBehind) this.#logger.warn({ err: error }, 'The journal of comparisons cannot be written');
    this.#isBehind = true;
  }

  /** Runs work on the journal one piece after the other. */
  #alone(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}
