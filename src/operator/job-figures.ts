import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { failedRuns, Queue } from '../queues/index.js';

/** A queue that has not answered by then is down, as far as a scrape can tell. */
const answerMs = 1000;

/** What this process knows of jobs: which fail here, and whether they can be rung for. */
@Injectable()
export class JobFigures {
  readonly registry = new Registry();

  constructor(queue: Queue) {
    const registers = [this.registry];
    new Gauge({
      name: 'segments_queue_up', help: '1 where jobs can be rung for, 0 where the queue does not answer', registers,
      async collect() { this.set(await queue.isUp(answerMs) ? 1 : 0); },
    });
    new Counter({
      name: 'segments_jobs_failed_total', help: 'Runs of jobs that failed, and are tried again, by kind', labelNames: ['kind'], registers,
      collect() {
        this.reset();
        for (const [kind, count] of failedRuns) this.inc({ kind }, count);
      },
    });
  }
}
