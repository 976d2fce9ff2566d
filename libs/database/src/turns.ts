import { unavailable } from '#kernel';

/** A turn that somebody wants. */
export interface Turn {
  /** The next is of whoever has the fewest under way. */
  readonly whose: string;
  /** All that it counts for, `whose` among it, and how many of that there may be at once. */
  readonly within: Readonly<Record<string, number>>;
  readonly longestWaitMs: number;
}

/**
 * Lets so many do something at once; who comes later waits for a turn. Of those that may go, the next is of whoever has the
 * fewest under way, and of those the first to come: one who asks a hundred times keeps nobody else waiting longer than for
 * one turn to end. Who waits too long, or is told to stop, goes without one.
 */
export class Turns {
  readonly #waiting = new Map<() => void, Turn>();
  readonly #underWay = new Map<string, number>();

  /** Does the work in its turn. */
  async take<T>(turn: Turn, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#mayGo(turn)) this.#count(turn, 1);
    else await this.#wait(turn, signal);
    try {
      return await work();
    } finally {
      this.#count(turn, -1);
      this.#handOver();
    }
  }

  /** How many are under way of what turns count for. */
  underWay(what: string): number {
    return this.#underWay.get(what) ?? 0;
  }

  /** Counted before they go, so that nobody comes between. */
  #handOver(): void {
    for (;;) {
      let next: [go: () => void, turn: Turn] | undefined;
      for (const waiting of this.#waiting) {
        const isNext = next === undefined || this.underWay(waiting[1].whose) < this.underWay(next[1].whose);
        if (isNext && this.#mayGo(waiting[1])) next = waiting;
      }
      if (next === undefined) return;
      const [go, turn] = next;
      this.#waiting.delete(go);
      this.#count(turn, 1);
      go();
    }
  }

  #mayGo({ within }: Turn): boolean {
    return Object.entries(within).every(([what, most]) => this.underWay(what) < most);
  }

  #count({ within }: Turn, more: number): void {
    for (const what of Object.keys(within)) {
      const count = this.underWay(what) + more;
      if (count === 0) this.#underWay.delete(what);
      else this.#underWay.set(what, count);
    }
  }

  async #wait(turn: Turn, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Out of the row at once: a turn handed to who has given up would be nobody's for ever.
    const giveUp = (): void => {
      this.#waiting.delete(resolve);
      reject(signal?.aborted === true ? signal.reason as Error : unavailable('Too much like this is under way at the moment.'));
    };
    const timer = setTimeout(giveUp, turn.longestWaitMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.set(resolve, turn);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }
}
