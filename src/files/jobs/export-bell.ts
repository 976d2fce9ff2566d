import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../http/index.js';
import { type JobPayload, Queue, Wake } from '../../queues/index.js';
import { StoredExportsService } from '../stored-exports.service.js';

const EXPORT = 'export';

interface ExportPayload extends JobPayload {
  readonly exportId: string;
}

/** A ring for an export makes its file where that is due. */
@Injectable()
export class ExportBell implements OnModuleInit {
  constructor(
    private readonly queue: Queue,
    private readonly wake: Wake,
    private readonly exports: StoredExportsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.queue.define<ExportPayload>(EXPORT, async ({ tenantId, exportId }, job) => { await this.exports.run(tenantId, exportId, () => this.clock.now(), job.signal); });
  }

  /** Call it once what it is to see is committed. */
  ring(tenantId: string, exportId: string): void {
    this.wake.job(EXPORT, { tenantId, exportId }, { key: exportId });
  }

  /** For the sweep, which comes again. */
  async ringAgain(tenantId: string, exportId: string): Promise<void> {
    await this.queue.ring(EXPORT, { tenantId, exportId }, { key: exportId, joins: true });
  }
}
