import type { Kysely } from 'kysely';
import type { AnswerLimit } from './answer-limit.js';
import type { Cancelling } from './cancelling.js';
import { processOf, setStatementTimeout, setTenant, sql, TenantStatements } from './statements.js';

export interface SnapshotOptions {
  readonly statementTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly redoable?: boolean;
}

/** A connection held for a tenant's refresh cycle: a lock of the session, then any number of transactions. */
export class TenantSession {
  constructor(
    readonly tenantId: string,
    private readonly connection: Kysely<unknown>,
    private readonly answers: AnswerLimit,
    private readonly cancelling: Cancelling,
  ) {}

  /**
   * Renews the planner's statistics of the tables that have changed by more than a tenth since they were last renewed.
   * Of a tenant that the statistics do not know the planner expects one row, and a nested loop over a hundred thousand
   * is the result: a first load would wait minutes for autovacuum. A table that somebody else analyses is left to them.
   */
  async renewStatistics(tables: readonly string[]): Promise<void> {
    // What this session wrote last is told within a second, or at once where it is asked to.
    await sql`select pg_stat_force_next_flush()`.execute(this.connection);
    const { rows } = await sql<{ relname: string }>`
      select relname from pg_stat_user_tables where schemaname = 'public' and relname = any(${[...tables]}::text[])
        and n_mod_since_analyze > 1000 + 0.1 * n_live_tup`.execute(this.connection);
    for (const { relname } of rows) await sql`analyze (skip_locked) ${sql.table(relname)}`.execute(this.connection);
  }

  /**
   * A repeatable-read transaction: one snapshot, taken after whatever was locked before. Where the signal is aborted, what it runs is ended, and it rejects with the signal's reason.
   * `redoable`: nobody waits until it is on disk. What it writes follows from what was committed before it, and nobody was promised it; where a crash
   * of the server forgets it, it is made again, and what is committed after it keeps it.
   */
  async snapshot<T>(work: (tx: TenantStatements) => Promise<T>, { statementTimeoutMs, signal, redoable = false }: SnapshotOptions): Promise<T> {
    const transaction = this.connection.transaction().setIsolationLevel('repeatable read');
    return await this.answers.within(statementTimeoutMs, async () => await transaction.execute(async (trx) => {
      const tx = new TenantStatements(this.tenantId, () => trx, signal);
      await tx.rows(setTenant(this.tenantId));
      await tx.rows(setStatementTimeout(statementTimeoutMs));
      // One cycle of a tenant at a time, so that it is no more than that.
      await tx.giveMemory();
      if (redoable) await tx.rows(sql`set local synchronous_commit = off`);
      return await this.cancelling.unlessAborted(signal, async () => await processOf(tx), async () => await work(tx));
    }));
  }
}
