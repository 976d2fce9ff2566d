import { unavailable } from '#kernel';

/**
 * Lets so many do something at once; who comes later waits for a turn, in the order of coming. Who waits too long, or is
 * told to stop, goes without one.
 */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(atOnce: number, private readonly longestWaitMs: number) {
    this.#free = atOnce;
  }

  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // Handed over and not freed, so that nobody comes between.
      if (next === undefined) {
        this.#free += 1;
      } else {
        this.#waiting.delete(next);
        next();
      }
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Out of the row at once: a turn handed to who has given up would be nobody's for ever.
    const giveUp = (): void => {
      this.#waiting.delete(resolve);
      reject(signal?.aborted === true ? signal.reason as Error : unavailable('Too many questions like this one are being answered at the moment.'));
    };
    const timer = setTimeout(giveUp, this.longestWaitMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }
}
