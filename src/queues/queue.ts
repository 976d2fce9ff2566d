import { inSpan, isUuid } from '#kernel';

/** What a job is about: ids and nothing else, so that no personal data lies in a queue. */
export interface JobPayload {
  readonly tenantId: string;
  readonly [id: string]: string;
}

/** One run of a job. */
export interface RunningJob {
  readonly id: string;
  /** Aborted where the run has lost its claim, or the process stops and will not wait any longer. */
  readonly signal: AbortSignal;
}

export type JobHandler<Payload extends JobPayload> = (payload: Payload, job: RunningJob) => Promise<void>;

export interface RingOptions {
  /** At most one run of a kind waits for each key, and at most one is under way. */
  readonly key: string;
  /** The run begins no sooner; rings until then join it. */
  readonly debounceMs?: number;
  /**
   * Rings only where there is no job of the key: none that waits, is under way, or failed and waits for its next try. For
   * those who look again and again, such as a sweep: they would begin at once what is to be tried later each time.
   */
  readonly joins?: boolean;
}

/** A failed job is tried again so late at most: what was only away for minutes is back, and nobody may ring for it. */
export const longestRetrySeconds = 15;

export type JobStatus = 'waiting' | 'running' | 'done' | 'failed';

/** A job as the queue sees it. What it did for the tenant is in the tables. */
export interface QueuedJob {
  readonly id: string;
  readonly kind: string;
  readonly key: string | null;
  readonly status: JobStatus;
  /** How many runs have failed so far. */
  readonly retries: number;
  /** What kind of error ended the last failed run. */
  readonly error: string | null;
}

/**
 * The bell that wakes the workers. The tables say what is due; a lost, late or doubled ring costs time and never truth.
 * Held by every adapter: a ring is followed by a run that begins after it, many rings of a key by one; a failed run is
 * tried again, later each time, or at once where it is rung for; a run whose worker is gone is handed to another.
 */
export abstract class Queue {
  /** Says who runs the jobs of a kind. Before `start` only. */
  abstract define<Payload extends JobPayload>(kind: string, handler: JobHandler<Payload>): void;

  /** Asks for a run that begins after this moment: call it once what it is to see is committed. */
  abstract ring(kind: string, payload: JobPayload, options: RingOptions): Promise<void>;

  /** Whether jobs can be rung for: between `start` and `stop`. */
  abstract get isStarted(): boolean;

  /** Whether a ring would be heard at this moment: asked of the queue's own store, which has so long to answer. Never rejects. */
  abstract isUp(withinMs: number): Promise<boolean>;

  abstract start(): Promise<void>;

  /** Takes no further job, waits for those under way, and hands back what does not end in time. */
  abstract stop(): Promise<void>;

  /** The tenant's jobs that the queue still knows of. */
  abstract jobs(tenantId: string): Promise<QueuedJob[]>;

  /** Forgets the tenant's jobs, but for those under way: the tenant is gone, and they find nothing to do. */
  abstract forget(tenantId: string): Promise<void>;
}

/** Refuses a payload that holds anything but ids. */
export function assertIdsOnly(payload: JobPayload): void {
  const other = Object.entries(payload).find(([, value]) => !isUuid(value));
  if (other !== undefined) throw new Error(`a job's payload holds ids only, and "${other[0]}" is none`);
}

/** How many runs of each kind have failed in this process. */
export const failedRuns = new Map<string, number>();

/** Runs a job that the queue hands out, as a span of its own: rings are joined, so that a run has no one request that it belongs to. */
export async function runJob(kind: string, handler: JobHandler<JobPayload>, payload: JobPayload, job: RunningJob): Promise<void> {
  await inSpan({ kind: 'job', name: `job ${kind}`, figures: { 'job.kind': kind, 'job.id': job.id, 'tenant.id': payload.tenantId } }, async () => {
    try {
      await handler(payload, job);
    } catch (error) {
      failedRuns.set(kind, (failedRuns.get(kind) ?? 0) + 1);
      throw error;
    }
  });
}
