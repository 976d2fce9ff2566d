import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { realTime } from '#kernel';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { Queue, Sweep } from '../../queues/index.js';
import { TenantsService } from '../../tenancy/index.js';
import { TenantRemoval } from '../tenant-removal.service.js';

const REMOVAL = 'removal';
/** Longer than a batch takes: whoever has noted nothing for so long is gone. */
const abandonedMs = 60_000;

/** Rings for removals of tenants whose process died in the middle: a tenant that is closed is to go, whether somebody asks again or not. */
@Injectable()
export class RemovalSweep extends Sweep implements OnModuleInit {
  constructor(
    schedules: SchedulerRegistry,
    @Inject(CONFIG) config: Config,
    private readonly tenants: TenantsService,
    private readonly removal: TenantRemoval,
    private readonly queue: Queue,
  ) {
    super(schedules, config);
  }

  onModuleInit(): void {
    this.queue.define(REMOVAL, async ({ tenantId }, job) => { await this.removal.finish(tenantId, job.signal); });
  }

  async sweep(): Promise<void> {
    for (const tenantId of await this.tenants.leftBehind(new Date(realTime.now().getTime() - abandonedMs))) {
      await this.queue.ring(REMOVAL, { tenantId }, { key: tenantId, joins: true });
    }
  }
}
