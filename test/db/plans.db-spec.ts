import { readFile, writeFile } from 'node:fs/promises';
import type pg from 'pg';
import { Database, type Sql, sql } from '#database';
import { engagementSql, type SegmentDefinition, templates, toText } from '#rules';
import { insertContactDates } from '../../src/contacts/sql/contact-dates.sql.js';
import { RulesEngineService } from '../../src/rules-engine/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { RefreshService } from '../../src/segments/refresh.service.js';
import { findDueTenants } from '../../src/segments/sql/find-due-tenants.sql.js';
import { type PlanNode, scansOf } from '../support/plans.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { watchStatements } from '../support/statements.js';
import { recount } from '../support/tally.js';

const golden = new URL('../golden/plans.json', import.meta.url);
// Half an hour with a midnight in it: bounds that move with the clock, and days.
const start = '2026-03-01T23:45:00Z';
const later = '2026-03-02T00:15:00Z';
const CONTACTS = 20_000;

/** What grows with the data; the work tables of a cycle are as large as what it looks at. */
const large = ['contact', 'contact_event', 'contact_engagement', 'contact_date', 'segment_member', 'membership_change', 'segment_override', 'segment_refresh'];

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
  let service: TestService;
  let tenant: TestTenant;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    owner = await service.owner();
    await service.clock(start);
    tenant = await service.tenant();
    for (const { key } of templates) {
      const { status } = await tenant.request('POST', `/segment-templates/${key}/instantiate`, { createMissing: true });
      expect(status).toBe(201);
    }
    await fill(owner, tenant.id);
  }, 120_000);
  afterAll(async () => {
    await service.stop();
  });

  it('read what grows with the data as it was read in review, scan by scan', async () => {
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
    const found = Object.fromEntries(statements.map(([name]) => [name, [...new Set((plans.get(name) ?? []).flatMap((plan) => [...scansOf(plan, large)]))].sort()]));
    const text = `${JSON.stringify(found, null, 2)}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, text);
    expect(statements.filter(([name]) => plans.get(name) === undefined).map(([name]) => name)).toEqual([]);
    expect(found).toEqual(JSON.parse(await readFile(golden, 'utf8')));
  }, 120_000);

  /** A clock that is set by hand rings nothing: a cycle of the system's ends with this. */
  async function findNextEdge(): Promise<void> {
    const engine = service.service.app.get(RulesEngineService, { strict: false });
    await service.service.app.get(Database, { strict: false }).inTenant(tenant.id, async (tx) => {
      const rows = await tx.rows<{ id: string; rules: SegmentDefinition }>(sql`select id, rules from segment where tenant_id = ${tenant.id}::uuid and type = 'dynamic'`);
      const vocabulary = await engine.vocabulary(tx);
      await tx.giveMemory();
      await engine.nextEdge(tx, new Map(rows.map(({ id, rules }) => [id, engine.ready(rules, vocabulary)])), new Date(later));
    }, { isolation: 'repeatable read' });
  }

  async function planOfSweep(): Promise<PlanNode[]> {
    const rows = await service.service.app.get(Database, { strict: false }).acrossTenants<Explained>(sql`explain (format json) ${findDueTenants(new Date(later), false)}`);
    return [planOf(rows)];
  }
});

interface Explained { 'QUERY PLAN': [{ Plan: PlanNode }] }

function planOf([row]: readonly Explained[]): PlanNode {
  return row!['QUERY PLAN'][0].Plan;
}

/** The plans of what `work` sends, by the statement's name. */
async function plansOf(work: () => Promise<void>): Promise<Map<string, PlanNode[]>> {
  const plans = new Map<string, PlanNode[]>();
  const unwatch = watchStatements(async (statement, send) => {
    const text = toText(statement).sql;
    const name = statements.find(([, pattern]) => pattern.test(text))?.[0];
    if (name === undefined) return;
    const own = plans.get(name) ?? [];
    plans.set(name, own);
    own.push(planOf(await send<Explained>(sql`explain (format json) ${statement}`)));
  });
  try {
    await work();
  } finally {
    unwatch();
  }
  return plans;
}

/** As many pins as contacts, a tenth of which end, and refreshes of which none moved anybody. */
async function pinAndRefreshOften(owner: pg.Client, tenantId: string): Promise<void> {
  await owner.query(`
    insert into segment_override (tenant_id, segment_id, contact_id, pin, until, created_by, created_at)
    select tenant_id, (array_agg(id order by name))[1 + n % 5], md5(n::text)::uuid, 'out', case when n % 10 = 0 then $2::timestamptz + n * interval '1 hour' end, 'test', $2
    from segment, generate_series(1, $3::int) n where tenant_id = $1 and type = 'dynamic' group by tenant_id, n`, [tenantId, start, CONTACTS]);
  await owner.query(`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, added, removed, created_at)
    select tenant_id, md5(n || id::text)::uuid, id, 'succeeded', 'incremental', 0, 0, $2 from segment, generate_series(1, 200) n
    where tenant_id = $1 and type = 'dynamic'`, [tenantId, start]);
}

/** Of every row, not of a sample: the same plans each time. */
async function renewStatistics(owner: pg.Client): Promise<void> {
  await owner.query('set default_statistics_target = 1000');
  await owner.query(`vacuum (analyze) ${large.join(', ')}, segment, segment_state, contact_change, contact_tally`);
}

/** Contacts and a year of their events, from a formula: the same each time. */
async function fill(client: pg.Client, tenantId: string): Promise<void> {
  // What autovacuum would do in the middle is done once, below.
  for (const table of large) await client.query(`alter table ${table} set (autovacuum_enabled = false)`);
  const send = async (statement: Sql): Promise<void> => {
    const { sql: text, parameters } = toText(statement);
    await client.query(text, [...parameters]);
  };
  await client.query(`set app.tenant_id = '${tenantId}'`);
  await send(sql`
    insert into contact (tenant_id, id, email, country, subscription_status, lead_score, custom, created_at, updated_at)
    select ${tenantId}::uuid, md5(n::text)::uuid, 'p' || n || '@example.com', (array['United States', 'France', 'Canada'])[n % 3 + 1],
      'active', n % 100,
      (select coalesce(jsonb_object_agg(f.id, to_char('2024-01-01'::date + (n * 7 % 1000), 'YYYY-MM-DD')), '{}')
        from custom_field f where f.tenant_id = ${tenantId}::uuid and f.type = 'date'),
      ${start}::timestamptz - (n * 97 % 1296000) * interval '1 minute', ${start}::timestamptz - (n * 31 % 432000) * interval '1 minute'
    from generate_series(1, ${CONTACTS}::integer) n`);
  await send(sql`
    insert into contact_event (tenant_id, id, contact_id, type, occurred_at, received_at, device)
    select ${tenantId}::uuid, 'e' || n, md5((n % ${CONTACTS}::integer + 1)::text)::uuid, (array['sent', 'delivered', 'opened', 'clicked', 'converted'])[n % 5 + 1],
      ${start}::timestamptz - (n * 137 % 525600) * interval '1 minute', ${start}::timestamptz, 'mobile'
    from generate_series(1, ${CONTACTS * 8}::integer) n`);
  await recount(client, tenantId);
  const everyone = sql`select id from contact where tenant_id = ${tenantId}::uuid`;
  await send(sql`insert into contact_engagement ${engagementSql(everyone, tenantId, null)}`);
  await send(insertContactDates(tenantId, everyone));
  await renewStatistics(client);
}
