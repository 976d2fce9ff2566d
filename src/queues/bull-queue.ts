import { setTimeout as after } from 'node:timers/promises';
import { BullModule, getQueueToken } from '@nestjs/bull';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type Bull from 'bull';
import { inTime } from '#kernel';
import { Claims } from './claims.js';
import { failureForLog, JobFailure } from './job-failure.js';
import { assertIdsOnly, type JobHandler, type JobPayload, longestRetrySeconds, Queue, type QueuedJob, type RingOptions, runJob } from './queue.js';

export interface BullQueueOptions {
  url: string;
  /** Whether this process runs jobs; else it only rings. */
  works: boolean;
  /** How many jobs of a kind this process runs at a time. */
  concurrency?: number;
  /** How long `stop` waits for the jobs under way. */
  graceMs?: number;
  /** How long after the first failed run the next begins; each later one waits twice as long. */
  retryDelaySeconds?: number;
  /** How long the job of a dead worker, or of one whose event loop is blocked, stays its own. */
  lockMs?: number;
}

const prefix = 'contact-segments';
// A client without a connection keeps its commands for ever; whoever rings is told, and the sweep rings again.
const answerMs = 5000;
// Told to end, a run has this long to do so before its job is left to the lock.
const endMs = 2000;
// A wait that was not needed keeps no process alive.
const unheld = { ref: false };

/** Only puts the queues together: they are closed by `stop`, in its own order and time. */
class QueuesOfBull {}

interface Kind {
  readonly bull: Bull.Queue<Job>;
  readonly handler: JobHandler<JobPayload>;
}

interface Job {
  readonly key: string;
  readonly payload: JobPayload;
}

/**
 * Jobs on Redis. A job's id is its key, so that one of a key is there at a time; a ring meanwhile leaves a mark, and
 * whoever ends the run looks for it. Redis may lose all of it: what is due is in the tables.
 */
export class BullQueue extends Queue {
  readonly #log = new Logger('Queue');
  readonly #handlers = new Map<string, JobHandler<JobPayload>>();
  readonly #kinds = new Map<string, Kind>();
  readonly #following = new Set<Promise<void>>();
  /** Looks for rings during the last runs, made once this process takes no more jobs: what they add is for another. */
  readonly #held: (() => void)[] = [];
  readonly #ending = new AbortController();
  readonly #options: BullQueueOptions;
  readonly #lockMs: number;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: BullQueueOptions) {
    super();
    this.#options = options;
    this.#lockMs = options.lockMs ?? 10_000;
  }

  define<Payload extends JobPayload>(kind: string, handler: JobHandler<Payload>): void {
    if (this.#state !== 'new') throw new Error(`the kind of job "${kind}" is defined after the start`);
    if (this.#handlers.has(kind)) throw new Error(`the kind of job "${kind}" is defined twice`);
    this.#handlers.set(kind, handler as JobHandler<JobPayload>);
  }

  async ring(kind: string, payload: JobPayload, { key, debounceMs = 0, joins = false }: RingOptions): Promise<void> {
    assertIdsOnly(payload);
    if (!this.#handlers.has(kind)) throw new Error(`nobody defined the kind of job "${kind}"`);
    const found = this.#kinds.get(kind);
    if (found === undefined) throw new Error('the queue is not started');
    await inTime((joins ? add : ring)(found.bull, { key, payload }, debounceMs), answerMs, redisAway);
  }

  get isStarted(): boolean {
    return this.#state === 'started';
  }

  async isUp(withinMs: number): Promise<boolean> {
    const [kind] = this.#kinds.values();
    // Without a connection a command is kept until there is one: nothing to be asked, and nothing to pile up.
    if (!this.isStarted || kind === undefined || !['ready', 'connect', 'connecting'].includes(kind.bull.client.status)) return false;
    return await inTime(kind.bull.client.ping(), withinMs, redisAway).then(() => true, () => false);
  }

  async start(): Promise<void> {
    this.#state = 'started';
    const queues = await this.#register();
    for (const [kind, handler] of this.#handlers) {
      const bull = queues.get<Bull.Queue<Job>>(getQueueToken(kind));
      this.#kinds.set(kind, { bull, handler });
      bull.on('error', (error) => { this.#log.error({ msg: 'the queue met an error', kind, ...failureForLog(error) }); });
      await inTime(bull.isReady(), answerMs, redisAway);
      if (this.#options.works) this.#work(kind, { bull, handler });
    }
  }

  async stop(): Promise<void> {
    if (this.#state !== 'started') return;
    this.#state = 'stopped';
    const queues = [...this.#kinds.values()].map(({ bull }) => bull);
    const ended = Promise.all(queues.map(async (bull) => { await bull.pause(true); })).then(() => true, () => true);
    if (!await Promise.race([ended, after(this.#options.graceMs ?? 25_000, false, unheld)])) {
      this.#ending.abort();
      await Promise.race([ended, after(endMs, undefined, unheld)]);
    }
    for (const follow of this.#held.splice(0)) follow();
    await Promise.race([Promise.all(this.#following), after(endMs, undefined, unheld)]);
    await Promise.all(queues.map(async (bull) => { await Promise.race([bull.close(true), after(endMs, undefined, unheld)]); }));
  }

  async jobs(tenantId: string): Promise<QueuedJob[]> {
    const found: QueuedJob[] = [];
    for (const [kind, { bull }] of this.#kinds) {
      // A job that ended while the library asked for it comes as null, whatever the types say.
      const active: (Bull.Job<Job> | null)[] = await inTime(bull.getActive(), answerMs, redisAway);
      const running = new Set(active.map((job) => job?.id));
      const jobs = await inTime(bull.getJobs(['active', 'waiting', 'delayed', 'paused']), answerMs, redisAway);
      found.push(...jobs.filter((job: Bull.Job<Job> | null) => job?.data.payload.tenantId === tenantId)
        .map((job) => queuedJob(kind, job, running.has(job.id))));
    }
    return found;
  }

  async forget(tenantId: string): Promise<void> {
    for (const { bull } of this.#kinds.values()) {
      const jobs = await inTime(bull.getJobs(['waiting', 'delayed', 'paused']), answerMs, redisAway);
      for (const job of jobs.filter((one: Bull.Job<Job> | null) => one?.data.payload.tenantId === tenantId)) {
        // One that has begun meanwhile is locked, and ends by itself.
        await inTime(job.remove(), answerMs, redisAway).catch(() => undefined);
      }
    }
  }

  /** A context of its own: which kinds there are is known only once the application's modules have defined theirs. */
  async #register(): Promise<INestApplicationContext> {
    const { url } = this.#options;
    return await NestFactory.createApplicationContext({
      module: QueuesOfBull,
      imports: [
        BullModule.forRoot({ url, prefix, redis: connection(url), settings: this.#settings() }),
        BullModule.registerQueue(...[...this.#handlers.keys()].map((name) => ({ name }))),
      ],
    }, { logger: false, abortOnError: false });
  }

  #settings(): Bull.AdvancedSettings {
    const lockMs = this.#lockMs;
    const { retryDelaySeconds = 1 } = this.#options;
    const longest = Math.max(longestRetrySeconds, retryDelaySeconds);
    return {
      lockDuration: lockMs, lockRenewTime: lockMs / 2, stalledInterval: lockMs / 2,
      // The library gives up a job at its second dead worker. It is owed all the same.
      maxStalledCount: 1_000_000,
      backoffStrategies: { doubling: (attempts) => 1000 * Math.min(longest, retryDelaySeconds * 2 ** (attempts - 1)) },
    };
  }

  #work(kind: string, { bull, handler }: Kind): void {
    const follow = (job: Bull.Job<Job>): void => {
      const following = followRing(bull, job.data)
        .catch((error: unknown) => { this.#log.warn({ msg: 'a ring may be lost', kind, ...failureForLog(error) }); })
        .finally(() => { this.#following.delete(following); });
      this.#following.add(following);
    };
    const ended = (job: Bull.Job<Job>): void => {
      if (this.#state === 'stopped') this.#held.push(() => { follow(job); });
      else follow(job);
    };
    // The library does not wait for the name that it gives its connection, which fails where the stop comes first: unheard, that ends the process.
    const name = bull.setWorkerName.bind(bull);
    bull.setWorkerName = async () => { await name().catch(() => undefined); };
    const claims = new Claims(this.#lockMs);
    bull.on('completed', ended);
    bull.on('failed', ended);
    bull.process(this.#options.concurrency ?? 3, async (job) => {
      const { key, payload } = job.data;
      try {
        // Rings until now are answered by this run, later ones by the next.
        await bull.client.srem(marksOf(kind), key);
        await claims.during(job, this.#ending.signal, async (signal) => {
          await runJob(kind, handler, payload, { id: String(job.id), signal });
          if (signal.aborted) throw new Error('told to end before it was done');
        });
      } catch (error) {
        this.#log.error({ msg: 'a job failed', kind, job: job.id, tenant: payload.tenantId, ...failureForLog(error) });
        throw new JobFailure(error);
      }
    }).catch((error: unknown) => { this.#log.error({ msg: 'the worker ended', kind, ...failureForLog(error) }); });
  }
}

/** Tried again within two seconds, however long Redis was away. */
function connection(url: string): Bull.QueueOptions['redis'] {
  const retryStrategy = (times: number): number => Math.min(times * 100, 2000);
  return { retryStrategy, ...(new URL(url).protocol === 'rediss:' ? { tls: {} } : {}) };
}

/** The keys of a kind that were rung while a job of theirs was there. */
function marksOf(kind: string): string {
  return `${prefix}:${kind}:rung`;
}

async function ring(bull: Bull.Queue<Job>, job: Job, debounceMs: number): Promise<void> {
  // The mark first: a run that ends between the two finds it, one that begins between them wipes it and covers this ring.
  await bull.client.sadd(marksOf(bull.name), job.key);
  await addNow(bull, job, debounceMs);
}

/** The same; one that failed and waits for its next try begins at once. */
async function addNow(bull: Bull.Queue<Job>, job: Job, delay: number): Promise<void> {
  await add(bull, job, delay);
  const there = await bull.getJob(job.key);
  if (there === null || there.attemptsMade === 0 || !await there.isDelayed()) return;
  await there.promote().catch(() => undefined);
}

/** Adds the job where none of its key is there. */
async function add(bull: Bull.Queue<Job>, job: Job, delay: number): Promise<void> {
  await bull.add(job, {
    jobId: job.key, delay, attempts: Number.MAX_SAFE_INTEGER, backoff: { type: 'doubling' },
    // A job that stayed would stand in the way of the next of its key.
    removeOnComplete: true, removeOnFail: true,
  });
}

/** After a run: the next, where somebody rang during it. */
async function followRing(bull: Bull.Queue<Job>, job: Job): Promise<void> {
  if (await bull.client.srem(marksOf(bull.name), job.key) > 0) await addNow(bull, job, 0);
}

function redisAway(): Error {
  return Object.assign(new Error('Redis does not answer: start it, or correct REDIS_URL'), { name: 'RedisAway' });
}

function queuedJob(kind: string, job: Bull.Job<Job>, active: boolean): QueuedJob {
  return {
    id: String(job.id), kind, key: job.data.key, status: active ? 'running' : 'waiting', retries: job.attemptsMade,
    error: job.failedReason ?? null,
  };
}
