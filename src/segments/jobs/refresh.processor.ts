import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Queue, REFRESH } from '../../queues/index.js';
import { RefreshCycle } from '../refresh-cycle.js';

/** A ring for a tenant runs one cycle of it. */
@Injectable()
export class RefreshProcessor implements OnModuleInit {
  constructor(
    private readonly queue: Queue,
    private readonly cycle: RefreshCycle,
  ) {}

  onModuleInit(): void {
    this.queue.define(REFRESH, async ({ tenantId }, job) => { await this.cycle.run(tenantId, job.signal); });
  }
}
