import type pg from 'pg';
import { type Sql, sql } from '#database';
import { engagementSql, templates, toText } from '#rules';
import { insertContactDates } from '../../src/contacts/sql/contact-dates.sql.js';
import { startTestService, type TestService, type TestTenant } from './service.js';
import { recount } from './tally.js';

/** The moment of the tenant: its events lie before it. A quarter of an hour later is another day. */
export const plannedAt = '2026-03-01T23:45:00Z';
export const CONTACTS = 20_000;

/** What grows with the data; the work tables of a cycle are as large as what it looks at. */
export const large = ['contact', 'contact_event', 'contact_engagement', 'contact_date', 'segment_member', 'membership_change', 'segment_override', 'segment_refresh'];

export interface PlannedTenant {
  readonly service: TestService;
  readonly tenant: TestTenant;
  readonly owner: pg.Client;
}

/**
 * A tenant with the guide's segments, not filled yet, that is large enough for the planner to have a choice; nothing but the test refreshes
 * it. In detail, whom a segment has depends on all that the guide's rules ask for; else on what time moves, of few at a time.
 */
export async function startPlannedTenant({ detailed = false } = {}): Promise<PlannedTenant> {
  const service = await startTestService({ ROLE: 'api' });
  const owner = await service.owner();
  await service.clock(plannedAt);
  const tenant = await service.tenant();
  for (const { key } of templates) {
    const { status } = await tenant.request('POST', `/segment-templates/${key}/instantiate`, { createMissing: true });
    expect(status).toBe(201);
  }
  await fill(owner, tenant.id, detailed);
  return { service, tenant, owner };
}

/** As many pins as contacts, a tenth of which end, and refreshes of which none moved anybody. */
export async function pinAndRefreshOften(owner: pg.Client, tenantId: string): Promise<void> {
  await owner.query(`
    insert into segment_override (tenant_id, segment_id, contact_id, pin, until, created_by, created_at)
    select tenant_id, (array_agg(id order by name))[1 + n % 5], md5(n::text)::uuid, 'out', case when n % 10 = 0 then $2::timestamptz + n * interval '1 hour' end, 'test', $2
    from segment, generate_series(1, $3::int) n where tenant_id = $1 and type = 'dynamic' group by tenant_id, n`, [tenantId, plannedAt, CONTACTS]);
  await owner.query(`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, added, removed, created_at)
    select tenant_id, md5(n || id::text)::uuid, id, 'succeeded', 'incremental', 0, 0, $2 from segment, generate_series(1, 200) n
    where tenant_id = $1 and type = 'dynamic'`, [tenantId, plannedAt]);
}

/** Of every row, not of a sample, and of indexes as large as they have to be: the same plans each time. Where two would serve as well, those that had grown otherwise decided. */
export async function renewStatistics(owner: pg.Client, ...further: string[]): Promise<void> {
  for (const table of large) await owner.query(`reindex table ${table}`);
  await owner.query('set default_statistics_target = 1000');
  await owner.query(`vacuum (analyze) ${[...large, 'segment', 'segment_state', 'contact_change', 'contact_tally', ...further].join(', ')}`);
}

/** Contacts and a year of their events, from a formula: the same each time. */
async function fill(client: pg.Client, tenantId: string, detailed: boolean): Promise<void> {
  // What autovacuum would do in the middle is done once, below.
  for (const table of large) await client.query(`alter table ${table} set (autovacuum_enabled = false)`);
  const send = async (statement: Sql): Promise<void> => {
    const { sql: text, parameters } = toText(statement);
    await client.query(text, [...parameters]);
  };
  await client.query(`set app.tenant_id = '${tenantId}'`);
  await send(contactsOf(tenantId, detailed));
  await send(eventsOf(tenantId, detailed));
  await recount(client, tenantId);
  const everyone = sql`select id from contact where tenant_id = ${tenantId}::uuid`;
  await send(sql`insert into contact_engagement ${engagementSql(everyone, tenantId, null)}`);
  await send(insertContactDates(tenantId, everyone));
  await renewStatistics(client);
}

interface Details { readonly columns: Sql; readonly values: Sql }

const nothing: Details = { columns: sql``, values: sql`` };

/** Each with its days among the custom fields; in detail, with a value of each by its type. */
function contactsOf(tenantId: string, detailed: boolean): Sql {
  const { columns, values } = detailed ? detailsOfContact : nothing;
  return sql`
    insert into contact (tenant_id, id, email, country, subscription_status, lead_score, custom, created_at, updated_at ${columns})
    select ${tenantId}::uuid, md5(n::text)::uuid, 'p' || n || '@example.com', (array['United States', 'France', 'Canada'])[n % 3 + 1],
      'active', n % 100,
      (select coalesce(jsonb_object_agg(f.id, case f.type
          when 'date' then to_jsonb(to_char('2024-01-01'::date + (n * 7 % 1000), 'YYYY-MM-DD'))
          when 'number' then to_jsonb(n * 13 % 7000)
          when 'boolean' then to_jsonb(n % 30 = 0)
          when 'multi_select' then jsonb_build_array((array['automation', 'crm', 'design', 'sales'])[n % 4 + 1])
          else to_jsonb((array['51-200 employees', 'SaaS', 'trial', 'paid', 'else'])[n % 5 + 1]) end), '{}')
        from custom_field f where f.tenant_id = ${tenantId}::uuid ${detailed ? sql`` : sql`and f.type = 'date'`}),
      ${plannedAt}::timestamptz - (n * 97 % 1296000) * interval '1 minute', ${plannedAt}::timestamptz - (n * 31 % 432000) * interval '1 minute' ${values}
    from generate_series(1, ${CONTACTS}::integer) n`;
}

const detailsOfContact: Details = {
  columns: sql`, state, timezone, tags`,
  values: sql`, (array['California', 'Texas'])[n % 2 + 1], (array['America/New_York', 'Europe/Paris'])[n % 2 + 1], case when n % 8 = 0 then array['product user'] else '{}' end`,
};

/** Eight of each contact; in detail, of several types, and of 52 campaigns, the first of which are the tenant's own. */
function eventsOf(tenantId: string, detailed: boolean): Sql {
  const { columns, values } = detailed ? detailsOfEvent : nothing;
  return sql`
    insert into contact_event (tenant_id, id, contact_id, type, occurred_at, received_at, device ${columns})
    select ${tenantId}::uuid, 'e' || n, md5((n % ${CONTACTS}::integer + 1)::text)::uuid, type,
      ${plannedAt}::timestamptz - (n * 137 % 525600) * interval '1 minute', ${plannedAt}::timestamptz, 'mobile' ${values}
    from generate_series(1, ${CONTACTS * 8}::integer) n
    cross join lateral (select (array['sent', 'delivered', 'opened', 'clicked', 'converted'])[(n + ${detailed ? sql`n / ${CONTACTS}::integer` : sql`0`}) % 5 + 1] as type) made
    cross join (select array_agg(id::text order by name) as ids from campaign where tenant_id = ${tenantId}::uuid) own`;
}

const detailsOfEvent: Details = {
  columns: sql`, url, revenue, campaign_id`,
  values: sql`, case type when 'clicked' then 'https://example.com/' || (array['pricing', 'demo', 'blog'])[n % 3 + 1] end,
    case type when 'converted' then n % 90 end, coalesce(own.ids[n % 52 + 1], 'campaign-' || n % 52)`,
};
