import type Bull from 'bull';

/**
 * Tells a run on Redis that it has lost its claim: its lock is gone or another's, as after its event loop was blocked for
 * longer than the lock lasts, or Redis came back empty; or the job runs anew in this very process, whose lock is the same.
 * The library notices only at the end of a run. A Redis that does not answer says nothing about the claim.
 */
export class Claims {
  readonly #runs = new Map<Bull.JobId, AbortController>();
  readonly #lockMs: number;

  constructor(lockMs: number) {
    this.#lockMs = lockMs;
  }

  /** Does the work of a job with a signal that is aborted where the claim is lost, or with another signal. */
  async during(job: Bull.Job, other: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const lost = new AbortController();
    this.#runs.get(job.id)?.abort();
    this.#runs.set(job.id, lost);
    let looking = false;
    const timer = setInterval(() => {
      if (looking) return;
      looking = true;
      job.extendLock(this.#lockMs)
        .then((held) => { if (held === 0) lost.abort(); }, () => undefined)
        .finally(() => { looking = false; });
    }, this.#lockMs / 4);
    try {
      await work(AbortSignal.any([other, lost.signal]));
    } finally {
      clearInterval(timer);
      if (this.#runs.get(job.id) === lost) this.#runs.delete(job.id);
    }
  }
}
