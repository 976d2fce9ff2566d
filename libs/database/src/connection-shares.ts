import { type Turn, Turns } from './turns.js';

/** What keeps a connection for longer than a moment. */
export const uses = ['question', 'export', 'work'] as const;
/**
 * A `question` is answered within its limit; an `export` takes as long as its client does; `work` is what nobody waits for at
 * the other end of a line: refresh cycles, and statements over all that a tenant has.
 */
export type Use = (typeof uses)[number];

/** Connections that are never kept: for keys, health checks, and whatever work writes beside its own transaction. */
const neverKept = 2;
/** Questions and exports leave more to writes: with all of them, these waited minutes. */
const notForReading = 4;
/** What work leaves: whoever asks has an answer while tenants are filled. */
const notForWork = 6;

export interface ShareOptions {
  poolSize: number;
  /** How long a question, or an export, waits for its connection. */
  readingWaitMs: number;
  /** How long work does. */
  workWaitMs: number;
}

/**
 * Shares a pool's connections out among what keeps them long, so that none is short of all because others have all. Of ten,
 * eight may be kept: six by questions and exports, of these three by exports, and four by work. Of the six a tenant has three
 * at most, of the exports two, of the four three.
 */
export class ConnectionShares {
  readonly #turns = new Turns();
  readonly #most: Readonly<Record<'kept' | 'reading' | 'readingOfTenant' | 'exports' | 'exportsOfTenant' | 'work' | 'workOfTenant', number>>;

  constructor(private readonly options: ShareOptions) {
    const [kept, reading, work] = [neverKept, notForReading, notForWork].map((left) => Math.max(1, options.poolSize - left)) as [number, number, number];
    const half = Math.max(1, Math.floor(reading / 2));
    this.#most = {
      kept, reading, readingOfTenant: half, exports: half, exportsOfTenant: Math.max(1, half - 1), work, workOfTenant: Math.max(1, work - 1),
    };
  }

  /** Does the work, which keeps one connection, when it may. @throws 503 where that is too late. */
  async keep<T>(use: Use, tenantId: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#turns.take(this.#turnOf(use, tenantId.toLowerCase()), work, signal);
  }

  /** How many connections are kept at this moment. */
  kept(use: Use): number {
    return this.#turns.underWay(use);
  }

  #turnOf(use: Use, tenantId: string): Turn {
    const most = this.#most;
    if (use === 'work') {
      const whose = `work of ${tenantId}`;
      return { whose, within: { kept: most.kept, work: most.work, [whose]: most.workOfTenant }, longestWaitMs: this.options.workWaitMs };
    }
    const whose = `reading of ${tenantId}`;
    const within = { kept: most.kept, reading: most.reading, [whose]: most.readingOfTenant };
    return {
      whose, longestWaitMs: this.options.readingWaitMs,
      within: use === 'question' ? { ...within, question: most.reading } : { ...within, export: most.exports, [`exports of ${tenantId}`]: most.exportsOfTenant },
    };
  }
}
