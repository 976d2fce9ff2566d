import pg from 'pg';
import { Database, sql } from '#database';
import type { SegmentDefinition } from '#rules';
import { appendContactChanges } from '../../src/contacts/changes.js';
import { RulesEngineService } from '../../src/rules-engine/index.js';
import { historyFaults } from './derived-faults.js';
import type { TestService } from './service.js';
import { StatementKiller } from './statements.js';

/** The stored members of a segment beside its rules. */
export interface Recomputed { readonly id: string; readonly members: number; readonly missing: number; readonly surplus: number }

/** What may go wrong in a cycle, or beside it, on command. */
export class CycleFaults {
  readonly poisoned = new Set<string>();
  readonly #owner: pg.Client;
  readonly #database: Database;
  readonly #engine: RulesEngineService;
  readonly #killer: StatementKiller;

  private constructor(owner: pg.Client, killer: StatementKiller, service: TestService) {
    this.#owner = owner;
    this.#killer = killer;
    this.#database = service.service.app.get(Database, { strict: false });
    this.#engine = service.service.app.get(RulesEngineService, { strict: false });
  }

  static async open(service: TestService): Promise<CycleFaults> {
    const owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
    await owner.query(`
      create table poisoned (segment_id uuid primary key);
      grant select on poisoned to segments_app;
      create function poison() returns trigger language plpgsql as $$
      begin
        if exists (select from poisoned p where p.segment_id = coalesce(new.segment_id, old.segment_id)) then raise exception 'poisoned'; end if;
        return coalesce(new, old);
      end $$;
      create trigger poison before insert or delete on segment_member for each row execute function poison()`);
    return new CycleFaults(owner, await StatementKiller.open(service.databaseUrl), service);
  }

  async close(): Promise<void> {
    await this.#killer.close();
    await this.#owner.end();
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
    await written.promise;
    try {
      await work();
    } finally {
      commit.resolve();
      await writer;
    }
  }

  /** Runs a cycle that is killed at its n-th statement; one of fewer statements is not. */
  async killedAt(statement: number, work: () => Promise<void>): Promise<void> {
    await this.#killer.at(statement, work);
  }

  /** Runs a cycle, and something else just before its n-th statement. */
  async beside(statement: number, meanwhile: () => Promise<void>, work: () => Promise<void>): Promise<void> {
    await this.#killer.beside(statement, meanwhile, work);
  }

  /** When time alone may next move a member of one of the tenant's active segments. */
  async nextEdge(tenantId: string, now: number): Promise<number | null> {
    return await this.#database.inTenant(tenantId, async (tx) => {
      const rows = await tx.rows<{ id: string; rules: SegmentDefinition }>(sql`
        select id, rules from segment where tenant_id = ${tenantId}::uuid and type = 'dynamic' and status = 'active'`);
      const vocabulary = await this.#engine.vocabulary(tx);
      const ready = new Map(rows.map(({ id, rules }) => [id, this.#engine.ready(rules, vocabulary)]));
      return (await this.#engine.nextEdge(tx, ready, new Date(now)))?.getTime() ?? null;
    });
  }

  /** Of each segment how many its stored members are, and by how many contacts they differ from what its rules say of all contacts at a moment. */
  async recomputed(tenantId: string, ids: readonly string[], now: number): Promise<Recomputed[]> {
    return await this.#database.inTenant(tenantId, async (tx) => {
      const rows = await tx.rows<{ id: string; rules: SegmentDefinition }>(sql`
        select id, rules from segment where tenant_id = ${tenantId}::uuid and id = any(${[...ids]}::uuid[])`);
      const vocabulary = await this.#engine.vocabulary(tx);
      const moment = { ...await this.#engine.known(tx), asOf: new Date(now) };
      // All in one statement: by a preview each this took half of the time of a world.
      return await tx.rows<Recomputed>(sql.join(rows.map(({ id, rules }) => {
        const stored = sql`select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${id}::uuid`;
        const should = this.#engine.membersSql(tenantId, this.#engine.ready(rules, vocabulary), moment, id);
        return sql`
          select ${id}::uuid as id, (select count(*)::int from (${stored}) m) as members,
            (select count(*)::int from (select contact_id from (${should}) a except ${stored}) missing) as missing,
            (select count(*)::int from (${stored} except select contact_id from (${should}) b) surplus) as surplus`;
      }), sql` union all `));
    }, { isolation: 'repeatable read', readOnly: true });
  }

  /** How many refreshes of the tenant followed what had changed, and looked at nobody else. */
  async incrementalRefreshes(tenantId: string): Promise<number> {
    const { rows: [row] } = await this.#owner.query<{ count: number }>(
      `select count(*)::int as count from segment_refresh where tenant_id = $1 and mode = 'incremental' and status = 'succeeded'`, [tenantId]);
    return row?.count ?? NaN;
  }

  /** See `historyFaults`. */
  async historyFaults(tenantId: string): Promise<number> {
    return await historyFaults(this.#owner, tenantId);
  }
}

/** The first instant of the next day in a zone. */
export function nextMidnight(now: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
  const day = (at: number): string => format.format(at);
  // By minutes: zones begin their days on whole ones.
  let at = Math.floor(now / 60_000) * 60_000 + 60_000;
  while (day(at) === day(now)) at += 60_000;
  return at;
}
