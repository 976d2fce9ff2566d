import { Database, sql, type TenantStatements } from '#database';
import type { SegmentDefinition } from '#rules';
import { type ReadyRule, RulesEngineService } from '../../src/rules-engine/index.js';
import type { TestService } from './service.js';

/** A dynamic segment as it stands. */
export interface StoredSegment extends ReadyRule {
  readonly active: boolean;
  /** How many members it counts. */
  readonly count: number;
  /** Whether it waits for a full refresh. */
  readonly owes: boolean;
}

/** The ids of its stored members, and of those whom its rules and overrides name among all contacts. */
export interface Recomputed { readonly id: string; readonly stored: string[]; readonly should: string[] }

/** What the tables say of a tenant's dynamic segments, beside what they should say. */
export class StoredSegments {
  readonly #database: Database;
  readonly #engine: RulesEngineService;

  constructor({ service: { app } }: TestService) {
    this.#database = app.get(Database, { strict: false });
    this.#engine = app.get(RulesEngineService, { strict: false });
  }

  /** All in one snapshot. */
  async read<T>(tenantId: string, work: (tx: TenantStatements, segments: Map<string, StoredSegment>) => Promise<T>): Promise<T> {
    return await this.#database.inTenant(tenantId, async (tx) => {
      const rows = await tx.rows<{ id: string; rules: SegmentDefinition; active: boolean; count: number; owes: boolean }>(sql`
        select s.id, s.rules, s.status = 'active' as active, coalesce(st.contact_count, 0)::int as count, coalesce(st.owed <> 'nothing', false) as owes
        from segment s left join segment_state st on st.tenant_id = s.tenant_id and st.segment_id = s.id
        where s.tenant_id = ${tenantId}::uuid and s.type = 'dynamic'`);
      const vocabulary = await this.#engine.vocabulary(tx);
      return await work(tx, new Map(rows.map(({ id, rules, ...row }) => [id, { ...this.#engine.ready(rules, vocabulary), ...row }])));
    }, { isolation: 'repeatable read', readOnly: true });
  }

  /** All segments in one statement: by a preview each this took half of the time of a test. */
  async recomputed(tx: TenantStatements, segments: ReadonlyMap<string, ReadyRule>, now: number): Promise<Recomputed[]> {
    if (segments.size === 0) return [];
    const { tenantId } = tx;
    const moment = { ...await this.#engine.known(tx), asOf: new Date(now) };
    return await tx.rows<Recomputed>(sql.join([...segments].map(([id, ready]) => sql`
      select ${id}::uuid as id,
        array(select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${id}::uuid) as stored,
        array(${this.#engine.membersSql(tenantId, ready, moment, id)}) as should`), sql` union all `));
  }

  /** The address of somebody whom the next refresh will make a member. */
  async coming(tenantId: string, now: number): Promise<string | null> {
    return await this.read(tenantId, async (tx, segments) => {
      const found = await this.recomputed(tx, activeOf(segments), now);
      const [id] = found.flatMap(({ stored, should }) => should.filter((one) => !stored.includes(one)));
      return id === undefined ? null : (await tx.row<{ email: string }>(sql`select email from contact where tenant_id = ${tenantId}::uuid and id = ${id}::uuid`))!.email;
    });
  }

  /** When time alone may next move a member of an active segment. */
  async nextEdge(tenantId: string, now: number): Promise<number | null> {
    return await this.read(tenantId, async (tx, segments) => (await this.#engine.nextEdge(tx, activeOf(segments), new Date(now)))?.getTime() ?? null);
  }
}

export function activeOf(segments: ReadonlyMap<string, StoredSegment>): Map<string, StoredSegment> {
  return new Map([...segments].filter(([, { active }]) => active));
}
