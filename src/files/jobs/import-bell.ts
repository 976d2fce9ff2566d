import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../../http/index.js';
import { type JobPayload, Queue, Wake } from '../../queues/index.js';
import { ApplyService } from '../apply.service.js';
import { passesByItself } from '../attempts.js';
import { RollbackService } from '../rollback.service.js';

/** The kind of job that does what is due for one import: applies it, or takes it back. */
const IMPORT = 'import';

interface ImportPayload extends JobPayload {
  readonly importId: string;
}

/** A ring for an import does what its row says is due. Run twice, it is done once. */
@Injectable()
export class ImportBell implements OnModuleInit {
  constructor(
    private readonly queue: Queue,
    private readonly wake: Wake,
    private readonly applying: ApplyService,
    private readonly rollbacks: RollbackService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.queue.define<ImportPayload>(IMPORT, async ({ tenantId, importId }, job) => { await this.answer(tenantId, importId, job.signal); });
  }

  /** Does what is due. A failure is thrown; one that does not pass by itself is noted with the import, which it ends after a few. */
  async answer(tenantId: string, importId: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.applying.run(tenantId, importId, () => this.clock.now(), signal);
      await this.rollbacks.run(tenantId, importId, this.clock.now());
    } catch (error) {
      if (!passesByItself(error)) await this.applying.noteFailure(tenantId, importId, this.clock.now());
      throw error;
    }
  }

  /** Call it once what it is to see is committed. */
  ring(tenantId: string, importId: string): void {
    this.wake.job(IMPORT, { tenantId, importId }, { key: importId });
  }

  /** For the sweep, which comes again. */
  async ringAgain(tenantId: string, importId: string): Promise<void> {
    await this.queue.ring(IMPORT, { tenantId, importId }, { key: importId, joins: true });
  }
}
