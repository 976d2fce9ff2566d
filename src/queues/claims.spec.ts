import { jest } from '@jest/globals';
import type Bull from 'bull';
import { Claims } from './claims.js';

const lockMs = 1000;

describe('The claim of a run on its job', () => {
  let claims: Claims;
  let looks: (() => Promise<number>)[];
  let looked: number;
  beforeEach(() => {
    jest.useFakeTimers();
    [claims, looks, looked] = [new Claims(lockMs), [], 0];
  });
  afterEach(() => { jest.useRealTimers(); });

  const job = { id: 'a', extendLock: async () => { looked += 1; return await (looks.shift()?.() ?? 1); } } as unknown as Bull.Job;
  /** A run that lasts until it is ended, and whether it was told. */
  const run = (other = new AbortController().signal): { told(): boolean; end(): void; ended: Promise<void> } => {
    const [{ promise, resolve }, given] = [Promise.withResolvers<void>(), { signal: other }];
    const ended = claims.during(job, other, async (signal) => { given.signal = signal; await promise; });
    return { told: () => given.signal.aborted, end: resolve, ended };
  };

  it('is lost where the lock is another\'s or gone, and is told before the lock would have passed', async () => {
    const one = run();
    looks.push(async () => 1, async () => 0);
    await jest.advanceTimersByTimeAsync(lockMs / 4);
    expect(one.told()).toBe(false);
    await jest.advanceTimersByTimeAsync(lockMs / 4);
    expect(one.told()).toBe(true);
  });

  it('is held while Redis does not say that it is lost', async () => {
    const one = run();
    looks.push(async () => { throw new Error('nobody answers'); });
    await jest.advanceTimersByTimeAsync(5 * lockMs);
    expect({ told: one.told(), looked }).toEqual({ told: false, looked: 20 });
  });

  it('is lost where the job begins anew in the same process, and the later run keeps its own', async () => {
    const [one, other] = [run(), run()];
    expect([one.told(), other.told()]).toEqual([true, false]);
    one.end();
    await one.ended;
    run();
    expect(other.told()).toBe(true);
  });

  it('ends with the other signal, and is not looked at once the run has ended', async () => {
    const stop = new AbortController();
    const one = run(stop.signal);
    stop.abort();
    expect(one.told()).toBe(true);
    one.end();
    await one.ended;
    await jest.advanceTimersByTimeAsync(5 * lockMs);
    expect(looked).toBe(0);
  });
});
