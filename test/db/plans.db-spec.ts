import { Database, sql } from '#database';
import { type SegmentDefinition, toText } from '#rules';
import { RulesEngineService } from '../../src/rules-engine/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { RefreshService } from '../../src/segments/refresh.service.js';
import { findDueTenants } from '../../src/segments/sql/find-due-tenants.sql.js';
import { large, pinAndRefreshOften, type PlannedTenant, renewStatistics, startPlannedTenant } from '../support/planned-tenant.js';
import { goldenScans, planOf, type PlanNode, scansOf, sortedScans } from '../support/plans.js';
import { watchStatements } from '../support/statements.js';

const golden = new URL('../golden/plans.json', import.meta.url);
// Half an hour after the tenant's moment, with a midnight between: bounds that move with the clock, and days.
const later = '2026-03-02T00:15:00Z';

/** The statements that keep segments up to date and touch what grows with the data, by how they begin. */
const statements: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['lost refreshes', /from segment_refresh where \S+ = \S+ and status = 'running' order by id for update/],
  ['claims', /update segment_refresh set status = 'running'/],
  ['changes', /delete from contact_change/],
  ['erased', /with erased as materialized/],
  ['removal of the erased', /with erased as \(/],
  ['moved by time', /^\s*insert into refresh_found/],
  ['what is known', /^\s*select \(select latest_event_at from contact_engagement/],
  ['verdicts', /^\s*insert into refresh_verdict/],
  ['reconciliation', /with differs as materialized \(select coalesce/],
  ['ended refreshes', /^\s*insert into segment_refresh .*duration_ms,/s],
  ['forgotten failures', /update segment_refresh set retry_at = null/],
  ['next edge', /as edge/],
  ['refreshes that are owed', /not exists \(select from segment_refresh r/],
  ['what is due', /^\s*select from contact_change [^;]*union all/],
  ['differences of a full refresh', /^\s*create temporary table refresh_difference/],
  ['reconciliation of a full refresh', /with differs as materialized \(select segment_id, contact_id, enters from refresh_difference/],
  ['counts of a full refresh', /as contacts,\s+\(select count\(\*\) from segment_member/],
  ['end of a full refresh', /update segment_refresh set status = 'succeeded'/],
  ['idle refreshes', /delete from segment_refresh r using/],
  ['tenants that are due', /with recursive changed/],
];

/**
 * How what keeps segments up to date is read, of a tenant large enough that the planner has a choice. A statement that reads a
 * table through, or another table, or by another index, fails here and is read in review: `UPDATE_GOLDEN=1` writes it anew.
 */
describe('The statements of refreshes', () => {
  let planned: PlannedTenant;

  beforeAll(async () => { planned = await startPlannedTenant(); }, 120_000);
  afterAll(async () => { await planned.service.stop(); });

  it('read what grows with the data as it was read in review, scan by scan', async () => {
    const { service, tenant, owner } = planned;
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    await cycle.run(tenant.id);
    await pinAndRefreshOften(owner, tenant.id);
    const { items } = (await tenant.request<{ items: { id: string; name: string }[] }>('GET', '/segments?limit=100')).body;
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 50 }, (_, n) => ({ email: `p${n * 7}@example.com`, leadScore: 90 })) });
    const { body: { id: erased } } = await tenant.request<{ id: string }>('POST', '/contacts', { email: 'erased@example.com' });
    expect((await tenant.request('DELETE', `/contacts/${erased}`)).status).toBe(204);
    for (const { id } of items.slice(0, 3)) await tenant.request('POST', `/segments/${id}/refresh`, { mode: 'full' });
    await service.clock(later);
    await renewStatistics(owner);
    const plans = await plansOf(async () => {
      await cycle.run(tenant.id);
      await findNextEdge();
      await service.service.app.get(RefreshService, { strict: false }).forgetIdle(tenant.id);
    });
    plans.set('tenants that are due', await planOfSweep());
    const found = Object.fromEntries(statements.map(([name]) => [name, sortedScans((plans.get(name) ?? []).flatMap((plan) => [...scansOf(plan, large)]))]));
    const expected = await goldenScans(golden, found);
    expect(statements.filter(([name]) => plans.get(name) === undefined).map(([name]) => name)).toEqual([]);
    expect(found).toEqual(expected);
  }, 120_000);

  /** A clock that is set by hand rings nothing: a cycle of the system's ends with this. */
  async function findNextEdge(): Promise<void> {
    const { service: { service: { app } }, tenant } = planned;
    const engine = app.get(RulesEngineService, { strict: false });
    await app.get(Database, { strict: false }).inTenant(tenant.id, async (tx) => {
      const rows = await tx.rows<{ id: string; rules: SegmentDefinition }>(sql`select id, rules from segment where tenant_id = ${tenant.id}::uuid and type = 'dynamic'`);
      const vocabulary = await engine.vocabulary(tx);
      await tx.giveMemory();
      await engine.nextEdge(tx, new Map(rows.map(({ id, rules }) => [id, engine.ready(rules, vocabulary)])), new Date(later));
    }, { isolation: 'repeatable read' });
  }

  async function planOfSweep(): Promise<PlanNode[]> {
    const database = planned.service.service.app.get(Database, { strict: false });
    return [await planOf(findDueTenants(new Date(later), false), async (statement) => await database.acrossTenants(statement))];
  }
});

/** The plans of what `work` sends, by the statement's name. */
async function plansOf(work: () => Promise<void>): Promise<Map<string, PlanNode[]>> {
  const plans = new Map<string, PlanNode[]>();
  const unwatch = watchStatements(async (statement, send) => {
    const text = toText(statement).sql;
    const name = statements.find(([, pattern]) => pattern.test(text))?.[0];
    if (name === undefined) return;
    const own = plans.get(name) ?? [];
    plans.set(name, own);
    own.push(await planOf(statement, send));
  });
  try {
    await work();
  } finally {
    unwatch();
  }
  return plans;
}
