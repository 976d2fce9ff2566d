import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as after } from 'node:timers/promises';
import type { JobPayload, Queue } from '../../src/queues/index.js';
import { newId } from '#kernel';

/** Makes queues that share one backing store; each call is a process of its own. */
export interface QueueAdapter {
  /** A queue that is not started; a failed run is tried again within some two seconds, unless told otherwise. */
  make(options: { works: boolean; concurrency?: number; graceMs?: number; retryDelaySeconds?: number }): Queue;
  /** Where the store is. */
  readonly url: string;
  /** For how long a worker must say nothing until another is given its job. */
  readonly silenceMs: number;
  /** Lets the store forget that a worker is at the jobs of a kind. */
  deliverAgain(kind: string): Promise<void>;
  /** Ends the store without a word. */
  kill(): Promise<void>;
  /** Brings it back at the same place, with what it may have kept. */
  start(): Promise<void>;
}

/** Waits until something is so; fails with what it is instead. */
export async function until<T>(read: () => T | Promise<T>, isSo: (value: T) => boolean, withinMs = 15_000): Promise<T> {
  const started = performance.now();
  for (;;) {
    const value = await read();
    if (isSo(value)) return value;
    if (performance.now() - started > withinMs) throw new Error(`still ${JSON.stringify(value)} after ${withinMs} ms`);
    await after(20);
  }
}

/** A door that a handler waits at. */
function door(): { open(): void; opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

/** What every adapter holds to, the rest of the service relies on no more. */
export function queueContract(adapter: () => QueueAdapter): void {
  const started: Queue[] = [];
  const start = async (options: Parameters<QueueAdapter['make']>[0], define: (queue: Queue) => void): Promise<Queue> => {
    const queue = adapter().make(options);
    define(queue);
    await queue.start();
    started.push(queue);
    return queue;
  };
  const kindOfItsOwn = (): string => `kind-${newId()}`;
  const workers: ChildProcess[] = [];
  /** A worker in a process of its own, whose event loop its run blocks at first; it says when it has begun, and when it was told to end. */
  const startWorker = (kind: string, blockedMs: number): { worker: ChildProcess; says(line: string): Promise<void> } => {
    const worker = spawn(process.execPath, ['--import', './test/support/typescript-source.mjs', '--no-warnings', 'test/support/queue-worker.ts', adapter().url, kind, String(blockedMs)],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    workers.push(worker);
    const said: string[] = [];
    worker.stdout.on('data', (data: Buffer) => { said.push(...data.toString().split('\n')); });
    return { worker, says: async (line) => { await until(() => said, (lines) => lines.includes(line), 30_000); } };
  };
  afterEach(async () => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL');
    for (const queue of started.splice(0)) await queue.stop();
  });

  it('delivers a ring with its payload', async () => {
    const kind = kindOfItsOwn();
    const seen: JobPayload[] = [];
    const queue = await start({ works: true }, (made) => { made.define(kind, async (payload) => { seen.push(payload); }); });
    const payload = { tenantId: newId(), segmentId: newId() };
    await queue.ring(kind, payload, { key: payload.tenantId });
    expect(await until(() => seen, (all) => all.length > 0)).toEqual([payload]);
  });

  it('is up between its start and its stop', async () => {
    for (const works of [true, false]) {
      const queue = adapter().make({ works });
      queue.define(kindOfItsOwn(), async () => undefined);
      const up = [await queue.isUp(1000)];
      for (const step of ['start', 'stop'] as const) up.push(await queue[step]().then(async () => await queue.isUp(1000)));
      expect(up).toEqual([false, true, false]);
    }
  });

  it('delivers a ring of a process that does not work to one that does', async () => {
    const kind = kindOfItsOwn();
    const seen: string[] = [];
    const api = await start({ works: false }, (made) => { made.define(kind, async () => { seen.push('api'); }); });
    await start({ works: true }, (made) => { made.define(kind, async () => { seen.push('worker'); }); });
    await api.ring(kind, { tenantId: newId() }, { key: 'a' });
    expect(await until(() => seen, (all) => all.length > 0)).toEqual(['worker']);
  });

  it('makes one run of many rings of a key, not before the debounce is over, and one for each key', async () => {
    const kind = kindOfItsOwn();
    const seen: string[] = [];
    const [one, other] = [newId(), newId()];
    const define = (made: Queue): void => { made.define(kind, async ({ tenantId }) => { seen.push(tenantId); }); };
    const rings = await start({ works: false }, define);
    const rung = performance.now();
    let began = 0;
    for (let at = 0; at < 10; at += 1) {
      await rings.ring(kind, { tenantId: one }, { key: one, debounceMs: 1000 });
    }
    await rings.ring(kind, { tenantId: other }, { key: other, debounceMs: 1000 });
    // Not sooner: where the machine is slow, the debounce is over during the rings, and those after the run's begin lead to another.
    await start({ works: true }, define);
    await until(() => seen.length, (count) => { began ||= count > 0 ? performance.now() : 0; return count >= 2; });
    await after(700);
    expect([...seen].sort()).toEqual([one, other].sort());
    expect(began - rung).toBeGreaterThan(990);
  });

  it('runs exactly once more after a run during which it was rung, and never two of a key at once', async () => {
    const kind = kindOfItsOwn();
    const { open, opened } = door();
    let [runs, now, most] = [0, 0, 0];
    const queue = await start({ works: true }, (made) => {
      made.define(kind, async () => {
        runs += 1;
        now += 1;
        most = Math.max(most, now);
        if (runs === 1) await opened;
        now -= 1;
      });
    });
    const ring = async (): Promise<void> => { await queue.ring(kind, { tenantId: newId() }, { key: 'the one' }); };
    await ring();
    await until(() => runs, (count) => count === 1);
    await ring();
    await ring();
    await ring();
    await after(300);
    expect(runs).toBe(1);
    open();
    await until(() => runs, (count) => count === 2);
    await after(1300);
    expect({ runs, most }).toEqual({ runs: 2, most: 1 });
  });

  it('tries a failed run again, later each time, and shows the failure without its words', async () => {
    const kind = kindOfItsOwn();
    const tenantId = newId();
    const at: number[] = [];
    const queue = await start({ works: true }, (made) => {
      made.define(kind, async () => {
        at.push(performance.now());
        if (at.length <= 2) throw new RangeError('of ada@example.com');
      });
    });
    await queue.ring(kind, { tenantId }, { key: tenantId });
    const [failed] = await until(() => queue.jobs(tenantId), ([job]) => job?.status === 'waiting' && job.error !== null);
    expect(failed).toMatchObject({ kind, key: tenantId, status: 'waiting', error: 'RangeError' });
    await until(() => at.length, (count) => count === 3);
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThan(250);
    expect(third - second).toBeGreaterThan(250);
    // What is done the queue may remember or not.
    await until(() => queue.jobs(tenantId), (jobs) => jobs.every(({ status }) => status === 'done'));
  });

  it('runs a ring at once though an earlier run of the key failed and waits', async () => {
    const kind = kindOfItsOwn();
    let runs = 0;
    const queue = await start({ works: true }, (made) => {
      made.define(kind, async () => {
        runs += 1;
        if (runs <= 2) throw new Error('not yet');
      });
    });
    const tenantId = newId();
    for (let at = 1; at <= 3; at += 1) {
      await queue.ring(kind, { tenantId }, { key: tenantId });
      await until(() => runs, (count) => count >= at);
    }
    await until(() => queue.jobs(tenantId), (jobs) => jobs.every(({ status }) => status === 'done' || status === 'failed'));
  });

  it('runs a ring at once, and that alone, whenever earlier runs of the key failed and the next try is far off', async () => {
    const kind = kindOfItsOwn();
    const [tenantId, other] = [newId(), newId()];
    let [runs, others] = [0, 0];
    // So long that no failure comes to its next try by itself.
    const queue = await start({ works: true, retryDelaySeconds: 300 }, (made) => {
      made.define(kind, async (payload) => {
        if (payload.tenantId === other) { others += 1; throw new Error('for ever'); }
        runs += 1;
        if (runs <= 3) throw new Error('not yet');
      });
    });
    await queue.ring(kind, { tenantId: other }, { key: other });
    for (let at = 1; at <= 4; at += 1) {
      await queue.ring(kind, { tenantId }, { key: tenantId });
      await until(() => runs, (count) => count >= at);
      await until(() => queue.jobs(tenantId), (jobs) => jobs.every(({ status }) => status !== 'running'));
      const waiting = (await queue.jobs(tenantId)).filter(({ status }) => status === 'waiting');
      expect({ at, waiting: waiting.length }).toEqual({ at, waiting: at < 4 ? 1 : 0 });
      if (at < 4) expect(waiting[0]).toMatchObject({ key: tenantId, retries: at, error: 'Error' });
    }
    expect({ runs, others }).toEqual({ runs: 4, others: 1 });
  });

  it('leaves a failed run to its next try where somebody rings who joins, however often, and begins it at once for whoever does not', async () => {
    const kind = kindOfItsOwn();
    const tenantId = newId();
    const { open, opened } = door();
    let runs = 0;
    const queue = await start({ works: true, retryDelaySeconds: 300 }, (made) => {
      made.define(kind, async () => {
        runs += 1;
        if (runs > 1) return;
        await opened;
        throw new Error('not yet');
      });
    });
    const join = async (): Promise<void> => { await queue.ring(kind, { tenantId }, { key: tenantId, joins: true }); };
    const left = async (): Promise<string[]> => (await queue.jobs(tenantId)).map(({ status }) => status).filter((status) => status !== 'done');
    // Nothing is there: it is as any ring.
    await join();
    await until(() => runs, (count) => count === 1);
    // It is under way, and fails after this.
    await join();
    open();
    await until(left, (all) => all.includes('waiting'));
    for (let at = 0; at < 10; at += 1) {
      await join();
      await after(150);
    }
    expect({ runs, jobs: await left() }).toEqual({ runs: 1, jobs: ['waiting'] });
    await queue.ring(kind, { tenantId }, { key: tenantId });
    await until(() => runs, (count) => count === 2);
    await until(left, (all) => all.length === 0);
  });

  it('hands a job out again of which the store forgot that somebody is at it, tells the first, and takes later rings', async () => {
    const kind = kindOfItsOwn();
    const tenantId = newId();
    const { open, opened } = door();
    const seen: string[] = [];
    const options = { works: true, concurrency: 1 };
    const first = await start(options, (made) => {
      made.define(kind, async (_payload, { signal }) => {
        if (seen.push('begun') > 1) return;
        await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { seen.push('told'); resolve(); }); });
      });
    });
    await first.ring(kind, { tenantId }, { key: tenantId });
    await until(() => seen.length, (count) => count === 1);
    await start(options, (made) => {
      made.define(kind, async () => {
        seen.push('next');
        await opened;
      });
    });
    await adapter().deliverAgain(kind);
    expect([...await until(() => seen, (all) => all.length > 2)].sort()).toEqual(['begun', 'next', 'told']);
    // The first has ended, and what it says of its job is not heard: the second is at it still.
    await after(500);
    expect(seen).toHaveLength(3);
    open();
    const waiting = async (): Promise<string[]> => (await first.jobs(tenantId)).map(({ status }) => status).filter((status) => status !== 'done');
    expect(await until(waiting, (all) => all.length === 0)).toEqual([]);
    await first.ring(kind, { tenantId }, { key: tenantId });
    await until(() => seen.length, (count) => count === 4);
  });

  it('hands the job of a worker that was killed to another, as often as it happens', async () => {
    const kind = kindOfItsOwn();
    const seen: string[] = [];
    const api = await start({ works: false }, (made) => { made.define(kind, async () => undefined); });
    await api.ring(kind, { tenantId: newId() }, { key: 'a' });
    // A library may give a job up at its second dead worker.
    for (let deaths = 0; deaths < 2; deaths += 1) {
      const { worker, says } = startWorker(kind, 0);
      await says('begun');
      worker.kill('SIGKILL');
    }
    await start({ works: true }, (made) => { made.define(kind, async () => { seen.push('next'); }); });
    expect(await until(() => seen, (all) => all.length > 0, 40_000)).toEqual(['next']);
  }, 120_000);

  it('hands the job of a worker whose event loop is blocked to another, tells the run so when it is blocked no more, and takes later rings', async () => {
    const kind = kindOfItsOwn();
    const seen: string[] = [];
    const api = await start({ works: false }, (made) => { made.define(kind, async () => undefined); });
    await api.ring(kind, { tenantId: newId() }, { key: 'a' });
    const { worker, says } = startWorker(kind, adapter().silenceMs);
    await says('begun');
    await start({ works: true }, (made) => { made.define(kind, async () => { seen.push('next'); }); });
    await until(() => seen, (all) => all.length === 1, 40_000);
    await says('told');
    worker.kill('SIGKILL');
    await api.ring(kind, { tenantId: newId() }, { key: 'a' });
    await until(() => seen, (all) => all.length === 2, 40_000);
  }, 120_000);

  it('tells who rings while the store is away, and goes on by itself when it is back', async () => {
    const kind = kindOfItsOwn();
    const seen: string[] = [];
    const queue = await start({ works: true }, (made) => { made.define(kind, async ({ tenantId }) => { seen.push(tenantId); }); });
    const [before, during, later] = [newId(), newId(), newId()];
    await queue.ring(kind, { tenantId: before }, { key: before });
    await until(() => seen, (all) => all.includes(before));
    await adapter().kill();
    await expect(queue.ring(kind, { tenantId: during }, { key: during })).rejects.toThrow();
    expect(await queue.isUp(500)).toBe(false);
    await adapter().start();
    await until(async () => await queue.isUp(500), (up) => up);
    await until(async () => { await queue.ring(kind, { tenantId: later }, { key: later }).catch(() => undefined); return seen; }, (all) => all.includes(later), 30_000);
  }, 120_000);

  it('waits for a run under way when it stops, and leaves what waits to the next worker', async () => {
    const kind = kindOfItsOwn();
    const { open, opened } = door();
    const seen: string[] = [];
    const first = await start({ works: true }, (made) => {
      made.define(kind, async () => {
        seen.push('begun');
        await opened;
        seen.push('ended');
      });
    });
    await first.ring(kind, { tenantId: newId() }, { key: 'a' });
    await until(() => seen.length, (count) => count === 1);
    await first.ring(kind, { tenantId: newId() }, { key: 'a' });
    const stopped = first.stop().then(() => { seen.push('stopped'); });
    await after(200);
    open();
    await stopped;
    expect(seen).toEqual(['begun', 'ended', 'stopped']);
    await start({ works: true }, (made) => { made.define(kind, async () => { seen.push('next'); }); });
    expect(await until(() => seen, (all) => all.length > 3)).toEqual(['begun', 'ended', 'stopped', 'next']);
  });

  it('tells a run that outlasts the stop to end, and hands its job to another worker', async () => {
    const kind = kindOfItsOwn();
    const seen: string[] = [];
    const first = await start({ works: true, graceMs: 1000 }, (made) => {
      made.define(kind, async (_payload, { signal }) => {
        seen.push('begun');
        await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { seen.push('told'); resolve(); }); });
      });
    });
    await first.ring(kind, { tenantId: newId() }, { key: 'a' });
    await until(() => seen.length, (count) => count === 1);
    await first.stop();
    await start({ works: true }, (made) => { made.define(kind, async () => { seen.push('next'); }); });
    expect(await until(() => seen, (all) => all.length > 2)).toEqual(['begun', 'told', 'next']);
  });

  it('forgets what waits for a tenant that is gone, and nothing of another', async () => {
    const kind = kindOfItsOwn();
    const queue = await start({ works: false }, (made) => { made.define(kind, async () => undefined); });
    const [gone, other] = [newId(), newId()];
    for (const tenantId of [gone, other]) await queue.ring(kind, { tenantId }, { key: tenantId });
    await queue.forget(gone);
    expect(await queue.jobs(gone)).toEqual([]);
    expect(await queue.jobs(other)).toHaveLength(1);
  });

  it('refuses payloads with anything but ids, and kinds that nobody defined', async () => {
    const kind = kindOfItsOwn();
    const queue = await start({ works: false }, (made) => { made.define(kind, async () => undefined); });
    await expect(queue.ring(kind, { tenantId: newId(), email: 'ada@example.com' }, { key: 'a' })).rejects.toThrow('ids only');
    await expect(queue.ring('another', { tenantId: newId() }, { key: 'a' })).rejects.toThrow('nobody defined');
  });
}
