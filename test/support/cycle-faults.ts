import type pg from 'pg';
import { Database, sql } from '#database';
import { appendContactChanges } from '../../src/contacts/changes.js';
import { historyFaults } from './derived-faults.js';
import type { TestService } from './service.js';
import type { StatementKiller } from './statements.js';

/** What may go wrong in a cycle, or beside it, on command. */
export class CycleFaults {
  readonly poisoned = new Set<string>();
  readonly #owner: pg.Client;
  readonly #database: Database;
  readonly #killer: StatementKiller;

  private constructor(owner: pg.Client, killer: StatementKiller, service: TestService) {
    this.#owner = owner;
    this.#killer = killer;
    this.#database = service.service.app.get(Database, { strict: false });
  }

  /** The killer watches the statements of the whole process. */
  static async open(service: TestService, killer: StatementKiller): Promise<CycleFaults> {
    const owner = await service.owner();
    await owner.query(`
      create table poisoned (segment_id uuid primary key);
      grant select on poisoned to segments_app;
      create function poison() returns trigger language plpgsql as $$
      begin
        -- Of a cycle alone: what a request writes is not to fail.
        if current_setting('transaction_isolation') = 'repeatable read' and exists (select from poisoned p where p.segment_id = coalesce(new.segment_id, old.segment_id))
          -- Whoever is erased is taken out of all segments at once, before any of them is looked at.
          and exists (select from contact k where k.tenant_id = coalesce(new.tenant_id, old.tenant_id) and k.id = coalesce(new.contact_id, old.contact_id))
        then raise exception 'poisoned'; end if;
        return coalesce(new, old);
      end $$;
      create trigger poison before insert or delete on segment_member for each row execute function poison()`);
    return new CycleFaults(owner, killer, service);
  }

  /** From now on no member of the segment can be written. */
  async poison(segmentId: string): Promise<void> {
    this.poisoned.add(segmentId);
    await this.#owner.query('insert into poisoned values ($1) on conflict do nothing', [segmentId]);
  }

  /** Takes all poison away; the segments that had it. */
  async cure(): Promise<string[]> {
    const cured = [...this.poisoned];
    this.poisoned.clear();
    await this.#owner.query('delete from poisoned');
    return cured;
  }

  /** Runs `work` while a transaction that has changed a contact, and noted it, is not committed yet. */
  async whileAWriterWaits(tenantId: string, email: string, country: string, at: Date, work: () => Promise<void>): Promise<void> {
    const written = Promise.withResolvers<void>();
    const commit = Promise.withResolvers<void>();
    const writer = this.#database.inTenant(tenantId, async (tx) => {
      const ids = await tx.rows<{ id: string }>(sql`
        update contact set country = ${country}, updated_at = ${at}::timestamptz
        where tenant_id = ${tenantId}::uuid and email_folded = ${email} returning id`);
      await appendContactChanges(tx, sql`select unnest(${ids.map(({ id }) => id)}::uuid[])`, at);
      written.resolve();
      await commit.promise;
    });
    await Promise.race([written.promise, writer]);
    try {
      await work();
    } finally {
      commit.resolve();
      await writer;
    }
  }

  /** Runs a cycle that is killed at its n-th statement; one of fewer statements is not. How many it sent. */
  async killedAt(statement: number, work: () => Promise<void>): Promise<number> {
    return (await this.#killer.at(statement, work)).sent;
  }

  /** Runs a cycle, and something else just before its n-th statement. How many statements it sent. */
  async beside(statement: number, meanwhile: () => Promise<void>, work: () => Promise<void>): Promise<number> {
    return await this.#killer.beside(statement, meanwhile, work);
  }

  /** How many refreshes of the tenant followed what had changed, and looked at nobody else; and how many contacts they moved. */
  async incrementalRefreshes(tenantId: string): Promise<{ incremental: number; moved: number }> {
    const { rows: [row] } = await this.#owner.query<{ incremental: number; moved: number }>(`
      select count(*)::int as incremental, coalesce(sum(added + removed), 0)::int as moved
      from segment_refresh where tenant_id = $1 and mode = 'incremental' and status = 'succeeded'`, [tenantId]);
    return row!;
  }

  /** See `historyFaults`. */
  async historyFaults(tenantId: string): Promise<number> {
    return await historyFaults(this.#owner, tenantId);
  }
}
