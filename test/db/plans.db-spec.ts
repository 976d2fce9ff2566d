import { readFile, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { type Sql, sql } from '#database';
import { engagementSql, templates, toText } from '#rules';
import { insertContactDates } from '../../src/contacts/sql/contact-dates.sql.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { watchStatements } from '../support/statements.js';

const golden = new URL('../golden/plans.json', import.meta.url);
// Half an hour with a midnight in it: bounds that move with the clock, and days.
const start = '2026-03-01T23:45:00Z';
const later = '2026-03-02T00:15:00Z';
const CONTACTS = 20_000;

interface PlanNode { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; 'Index Cond'?: string; Plans?: PlanNode[] }

/** What grows with the data; the work tables of a cycle are as large as what it looks at. */
const large = ['contact', 'contact_event', 'contact_engagement', 'contact_date', 'segment_member', 'membership_change'];

/** The statements of an incremental cycle that touch what grows with the data, by how they begin. */
const statements: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['changes', /delete from contact_change/],
  ['moved by time', /^\s*insert into refresh_found/],
  ['erased', /with erased as/],
  ['verdicts', /^\s*insert into refresh_verdict/],
  ['reconciliation', /with differs as/],
  ['next edge', /as edge/],
];

/**
 * What a cycle reads, of a tenant large enough that the planner has a choice. One that reads a table through, or another
 * table, fails here and is read in review: `UPDATE_GOLDEN=1` writes it anew.
 */
describe('The statements of an incremental cycle', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(start);
    tenant = await service.tenant();
    for (const { key } of templates) {
      const { status } = await tenant.request('POST', `/segment-templates/${key}/instantiate`, { createMissing: true });
      expect(status).toBe(201);
    }
    await fill(service.databaseUrl, tenant.id);
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  it('read contacts, events, members and dates by index only', async () => {
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    await cycle.run(tenant.id);
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 50 }, (_, n) => ({ email: `p${n * 7}@example.com`, leadScore: 90 })) });
    await service.clock(later);
    const plans = await plansOf(async () => { await cycle.run(tenant.id); });
    const found = Object.fromEntries([...plans].map(([name, scans]) => [name, [...scans].sort()]));
    const text = `${JSON.stringify(found, null, 2)}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, text);
    expect(found).toEqual(JSON.parse(await readFile(golden, 'utf8')));
    expect(Object.keys(found)).toEqual(expect.arrayContaining(['changes', 'moved by time', 'verdicts', 'reconciliation']));
    expect(Object.values(found).flat().filter((scan) => scan.startsWith('all of'))).toEqual([]);
  }, 120_000);
});

/** The scans of stored tables in the plans of what `work` sends, by the statement's name. */
async function plansOf(work: () => Promise<void>): Promise<Map<string, Set<string>>> {
  const plans = new Map<string, Set<string>>();
  const unwatch = watchStatements(async (statement, send) => {
    const text = toText(statement).sql;
    const name = statements.find(([, pattern]) => pattern.test(text))?.[0];
    if (name === undefined) return;
    const [plan] = await send<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(sql`explain (format json) ${statement}`);
    const scans = plans.get(name) ?? new Set<string>();
    plans.set(name, scans);
    for (const scan of scansOf(plan!['QUERY PLAN'][0].Plan)) scans.add(scan);
  });
  try {
    await work();
  } finally {
    unwatch();
  }
  return plans;
}

/** Every row of the tenant, or of a type of its events, is read where no other column narrows the index: so once for a dozen ranges, all events were. */
function readsAll({ 'Node Type': type, 'Index Cond': condition = '' }: PlanNode): boolean {
  if (type === 'Seq Scan') return true;
  return /^Index/.test(type) && !condition.replace(/\btenant_id\b|\btype\b/g, '').match(/\b(\w+_id|id|\w+_at|on_day|month_day|seq)\b/);
}

function* scansOf(node: PlanNode): Generator<string> {
  const relation = node['Relation Name'];
  // Of an index scan the planner's choice of kind may differ from one sample of statistics to the next.
  if (relation !== undefined && large.includes(relation) && node['Node Type'] !== 'ModifyTable') {
    yield `${readsAll(node) ? 'all' : 'part'} of ${relation}`;
  }
  for (const child of node.Plans ?? []) yield* scansOf(child);
}

/** Contacts and a year of their events, from a formula: the same each time. */
async function fill(url: string, tenantId: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  const send = async (statement: Sql): Promise<void> => {
    const { sql: text, parameters } = toText(statement);
    await client.query(text, [...parameters]);
  };
  try {
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
    const everyone = sql`select id from contact where tenant_id = ${tenantId}::uuid`;
    await send(sql`insert into contact_engagement ${engagementSql(everyone, tenantId, null)}`);
    await send(insertContactDates(tenantId, everyone));
    await client.query('vacuum (analyze) contact, contact_event, contact_engagement, contact_date');
  } finally {
    await client.end();
  }
}
