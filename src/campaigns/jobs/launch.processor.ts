import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../http/index.js';
import { type JobPayload, Queue } from '../../queues/index.js';
import { LaunchService } from '../launch.service.js';

/** The kind of job that launches one scheduled campaign. */
export const LAUNCH = 'launch';

export interface LaunchPayload extends JobPayload {
  readonly campaignId: string;
}

/** A ring for a campaign launches it where it is due by the service's clock. Run twice, it is launched once. */
@Injectable()
export class LaunchProcessor implements OnModuleInit {
  constructor(
    private readonly queue: Queue,
    private readonly launches: LaunchService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.queue.define<LaunchPayload>(LAUNCH, async ({ tenantId, campaignId }) => {
      await this.launches.launchDue(tenantId, campaignId, this.clock.now());
    });
  }
}
