import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Database, sql } from '#database';
import type { Config } from '../../config.js';
import { CONFIG } from '../../http/index.js';
import { ImportBell } from './import-bell.js';

const everyMs = 5000;

/** Rings for imports that are due and whom nobody may have rung for: the table says so, whichever process died. */
@Injectable()
export class ImportSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger('ImportSweep');
  #sweeping: Promise<void> | null = null;

  constructor(
    private readonly schedules: SchedulerRegistry,
    private readonly database: Database,
    private readonly bell: ImportBell,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.schedules.addInterval('import-sweep', setInterval(() => { this.begin(); }, everyMs));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#sweeping;
  }

  /** Rings for every import that waits, or was left in the middle. */
  async sweep(): Promise<void> {
    const due = await this.database.acrossTenants<{ tenant_id: string; id: string }>(sql`
      select tenant_id, id from import where status in ('queued', 'running', 'rolling_back') order by id limit 1000`);
    for (const { tenant_id: tenantId, id } of due) await this.bell.ring(tenantId, id);
  }

  private begin(): void {
    if (this.#sweeping !== null) return;
    this.#sweeping = this.sweep()
      .catch((error: unknown) => { this.#log.warn({ msg: 'a sweep failed', error: error instanceof Error ? error.name : typeof error }); })
      .finally(() => { this.#sweeping = null; });
  }
}
