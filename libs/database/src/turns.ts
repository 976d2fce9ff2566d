import { unavailable } from '#kernel';

/**
 * Lets so many do something at once; who comes later waits for a turn. The next is of whoever has the fewest under way, and
 * of those the first to come: one who asks a hundred times keeps nobody else waiting longer than for one turn to end. Who
 * waits too long, or is told to stop, goes without one.
 */
export class Turns {
  readonly #waiting = new Map<() => void, string>();
  readonly #underWay = new Map<string, number>();
  #free: number;

  constructor(atOnce: number, private readonly longestWaitMs: number) {
    this.#free = atOnce;
  }

  /** Does the work of `whose`, in their turn. */
  async take<T>(whose: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) {
      this.#free -= 1;
      this.#count(whose, 1);
    } else {
      await this.#wait(whose, signal);
    }
    try {
      return await work();
    } finally {
      this.#count(whose, -1);
      this.#handOver();
    }
  }

  /** Handed over and not freed, so that nobody comes between. */
  #handOver(): void {
    let next: [go: () => void, whose: string] | undefined;
    for (const waiting of this.#waiting) if (next === undefined || this.#has(waiting[1]) < this.#has(next[1])) next = waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    const [go, whose] = next;
    this.#waiting.delete(go);
    this.#count(whose, 1);
    go();
  }

  #has(whose: string): number {
    return this.#underWay.get(whose) ?? 0;
  }

  #count(whose: string, more: number): void {
    const count = this.#has(whose) + more;
    if (count === 0) this.#underWay.delete(whose);
    else this.#underWay.set(whose, count);
  }

  async #wait(whose: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Out of the row at once: a turn handed to who has given up would be nobody's for ever.
    const giveUp = (): void => {
      this.#waiting.delete(resolve);
      reject(signal?.aborted === true ? signal.reason as Error : unavailable('Too many questions like this one are being answered at the moment.'));
    };
    const timer = setTimeout(giveUp, this.longestWaitMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.set(resolve, whose);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }
}
