import { Logger } from '@nestjs/common';
import { type JobWithMetadata, PgBoss, type Queue as BossQueue } from 'pg-boss';
import { inTime } from '#kernel';
import { failureForLog, JobFailure } from './job-failure.js';
import { assertIdsOnly, type JobHandler, type JobPayload, type JobStatus, longestRetrySeconds, Queue, type QueuedJob, type RingOptions, runJob } from './queue.js';

export interface PgBossQueueOptions {
  /** The owner's login: the queue makes and keeps a schema of its own. */
  url: string;
  /** Whether this process runs jobs; else it only rings. */
  works: boolean;
  /** How many jobs of a kind this process runs at a time. */
  concurrency?: number;
  /** How long `stop` waits for the jobs under way. */
  graceMs?: number;
  /** How long after the first failed run the next begins; each later one waits twice as long. */
  retryDelaySeconds?: number;
  /** How long the database may be silent before a connection is given up; 15,000 where it is not said. */
  answerMs?: number;
}

const schema = 'pgboss';
// Of a dead worker we hear after its heartbeat ran out and the monitor passed: 10 s and 5 s.
const heartbeatSeconds = 10;
const monitorSeconds = 5;
// A worker is heard twice in a heartbeat. After one that was missed, a sweep need not wait for the monitor.
const silentSeconds = 7;
// The library's own limit is 24 hours. A heartbeat, not this, tells a long run from a dead one.
const longestRunSeconds = 12 * 3600;

/** Jobs on the PostgreSQL that also has the data. By the database's own clock, which is real time. */
export class PgBossQueue extends Queue {
  readonly #log = new Logger('Queue');
  readonly #boss: PgBoss;
  readonly #handlers = new Map<string, JobHandler<JobPayload>>();
  readonly #options: PgBossQueueOptions;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: PgBossQueueOptions) {
    super();
    this.#options = options;
    this.#boss = new PgBoss({
      connectionString: options.url, application_name: 'contact-segments-queue', schema, max: 4, ...line(options.answerMs ?? 15_000),
      schedule: false, supervise: options.works, registerInstance: false, useListenNotify: options.works,
      superviseIntervalSeconds: monitorSeconds, monitorIntervalSeconds: monitorSeconds, queueCacheIntervalSeconds: 30,
    });
    // Its own statements carry ids only, so that their messages may be told.
    this.#boss.on('error', (error) => { this.#log.error({ msg: 'the queue met an error', reason: error.message, ...failureForLog(error) }); });
    this.#boss.on('warning', (warning) => { this.#log.warn({ msg: 'the queue warns', warning: warning.message }); });
  }

  define<Payload extends JobPayload>(kind: string, handler: JobHandler<Payload>): void {
    if (this.#state !== 'new') throw new Error(`the kind of job "${kind}" is defined after the start`);
    if (this.#handlers.has(kind)) throw new Error(`the kind of job "${kind}" is defined twice`);
    this.#handlers.set(kind, handler as JobHandler<JobPayload>);
  }

  async ring(kind: string, payload: JobPayload, { key, debounceMs = 0, joins = false }: RingOptions): Promise<void> {
    assertIdsOnly(payload);
    if (!this.#handlers.has(kind)) throw new Error(`nobody defined the kind of job "${kind}"`);
    if (joins ? await this.#isThere(kind, key) : await this.#promote(kind, key)) return;
    // Nothing is sent where one waits already: it has yet to begin, and so comes after this ring.
    await this.#boss.send(kind, payload, { singletonKey: key, ...(debounceMs > 0 ? { startAfter: debounceMs / 1000 } : {}) });
  }

  get isStarted(): boolean {
    return this.#state === 'started';
  }

  async isUp(withinMs: number): Promise<boolean> {
    if (!this.isStarted) return false;
    return await inTime(this.#boss.getDb().executeSql('select 1'), withinMs, () => new Error('the database does not answer')).then(() => true, () => false);
  }

  async start(): Promise<void> {
    await this.#boss.start();
    this.#state = 'started';
    for (const [kind, handler] of this.#handlers) {
      // `stately`: one waiting and one under way for each key. `exclusive` would drop a ring during a run.
      await this.#boss.createQueue(kind, { policy: 'stately', ...this.#manner() });
      await this.#boss.updateQueue(kind, this.#manner());
      if (this.#options.works) await this.#work(kind, handler);
    }
  }

  async stop(): Promise<void> {
    if (this.#state !== 'started') return;
    this.#state = 'stopped';
    await this.#boss.stop({ graceful: true, timeout: this.#options.graceMs ?? 25_000 });
  }

  async jobs(tenantId: string): Promise<QueuedJob[]> {
    const found: QueuedJob[] = [];
    for (const kind of this.#handlers.keys()) {
      const jobs = await this.#boss.findJobs<JobPayload>(kind, { data: { tenantId } });
      found.push(...jobs.map((job) => queuedJob(kind, job)));
    }
    return found;
  }

  async forget(tenantId: string): Promise<void> {
    for (const kind of this.#handlers.keys()) {
      const left = (await this.#boss.findJobs<JobPayload>(kind, { data: { tenantId } })).filter(({ state }) => state !== 'active');
      if (left.length > 0) await this.#boss.deleteJob(kind, left.map(({ id }) => id));
    }
  }

  /** Whether there is a job of a key that waits, or is under way and not silent. By job_i3, the library's index of what is one of a key. */
  async #isThere(kind: string, key: string): Promise<boolean> {
    const { rows } = await this.#boss.getDb().executeSql(`
      select from ${schema}.job where name = $1 and coalesce(singleton_key, '') = $2 and state <= 'active' and policy = 'stately'
        and (state < 'active' or heartbeat_on > now() - interval '${silentSeconds} seconds') limit 1`, [kind, key]);
    return rows.length > 0;
  }

  /** Lets the job of a key that failed and waits for its next try begin at once; whether there was one. A job beside it would begin as well, but fail as if for the first time. */
  async #promote(kind: string, key: string): Promise<boolean> {
    const waiting = (await this.#boss.findJobs(kind, { key, queued: true })).find(({ state }) => state === 'retry');
    if (waiting === undefined) return false;
    // None is left where it has begun meanwhile: that may have been before this ring.
    const { updated } = await this.#boss.update({ name: kind, options: { id: waiting.id, startAfter: 0 } });
    return updated > 0;
  }

  #manner(): Omit<BossQueue, 'name' | 'policy' | 'partition'> {
    const { retryDelaySeconds: retryDelay = 1 } = this.#options;
    return {
      heartbeatSeconds, expireInSeconds: longestRunSeconds, notify: true,
      // Two failures are the library's default, and then silence: a job that is owed is tried for a week and more.
      retryLimit: 50_000, retryBackoff: true, retryDelay, retryDelayMax: Math.max(longestRetrySeconds, retryDelay),
      deleteAfterSeconds: 3600,
    };
  }

  async #work(kind: string, handler: JobHandler<JobPayload>): Promise<void> {
    const polling = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 1 };
    for (let at = 0; at < (this.#options.concurrency ?? 3); at += 1) {
      let worker = '';
      worker = await this.#boss.work<JobPayload>(kind, { batchSize: 1, ...polling }, async ([job]) => {
        try {
          if (job !== undefined) await runJob(kind, handler, job.data, { id: job.id, signal: job.signal });
        } catch (error) {
          this.#log.error({ msg: 'a job failed', kind, job: job?.id, tenant: job?.data.tenantId, ...failureForLog(error) });
          throw new JobFailure(error);
        } finally {
          // Whoever rang during this run waits for its end: look at once, not at the next poll.
          this.#boss.notifyWorker(worker);
        }
      });
    }
  }
}

/** What the library hands on to the driver: a statement that fails so costs its connection, and the next has another. */
function line(answerMs: number): object {
  return { keepAlive: true, keepAliveInitialDelayMillis: 10_000, query_timeout: answerMs };
}

const statuses: Readonly<Record<JobWithMetadata['state'], JobStatus>> = {
  created: 'waiting', retry: 'waiting', active: 'running', completed: 'done', cancelled: 'failed', failed: 'failed',
};

function queuedJob(kind: string, job: JobWithMetadata<JobPayload>): QueuedJob {
  const { message } = (job.output ?? {}) as { message?: unknown };
  return {
    id: job.id, kind, key: job.singletonKey, status: statuses[job.state],
    // The library counts a try when it begins.
    retries: job.retryCount + (job.state === 'retry' ? 1 : 0),
    error: typeof message === 'string' ? message : null,
  };
}
