import { sql, type TenantStatements } from '#database';
import { campaignNames, type ContactSnapshot, type EventSnapshot, type Override, textColumns, type TextColumn } from '#rules';

interface Row extends Record<TextColumn, string | null> {
  id: string;
  zone: string;
  subscription_status: string;
  lead_score: number | null;
  tags: string[];
  custom: Record<string, unknown>;
  created_ms: string;
  updated_ms: string;
  events: EventSnapshot[];
  lists: string[];
  overrides: (Override & { readonly segment: string })[];
}

/** All that rules look at of the contacts of these ids, or of all contacts: the events of each are read whole. Who is not there is left out. */
export async function loadContactSnapshots(tx: TenantStatements, contactIds: readonly string[] | 'all'): Promise<ContactSnapshot[]> {
  const tenant = sql`${tx.tenantId}::uuid`;
  const ms = (instant: string) => sql`(extract(epoch from ${sql.ref(instant)}) * 1000)::bigint`;
  const rows = await tx.rows<Row>(sql`
    select c.id, c.zone, ${sql.join(textColumns.map((column) => sql`c.${sql.ref(column)}`))}, c.subscription_status, c.lead_score, c.tags, c.custom,
      ${ms('c.created_at')} as created_ms, ${ms('c.updated_at')} as updated_ms,
      (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'type', e.type, 'occurredAt', ${ms('e.occurred_at')}, 'campaignId', e.campaign_id,
          'url', e.url, 'device', e.device, 'revenue', e.revenue, 'properties', e.properties)), '[]')
        from contact_event e where e.tenant_id = ${tenant} and e.contact_id = c.id) as events,
      (select coalesce(jsonb_agg(s.id), '[]') from segment_member m join segment s on s.tenant_id = ${tenant} and s.id = m.segment_id
        where m.tenant_id = ${tenant} and m.contact_id = c.id and s.type = 'static') as lists,
      (select coalesce(jsonb_agg(jsonb_build_object('segment', o.segment_id, 'pin', o.pin, 'until', ${ms('o.until')})), '[]')
        from segment_override o where o.tenant_id = ${tenant} and o.contact_id = c.id) as overrides
    from contact c where c.tenant_id = ${tenant} ${contactIds === 'all' ? sql`` : sql`and c.id = any(${contactIds}::uuid[])`}`);
  const campaigns = rows.length === 0 ? campaignNames([]) : campaignNames(await tx.rows<{ id: string; externalId: string | null; name: string }>(sql`
    select id, external_id as "externalId", name from campaign where tenant_id = ${tenant}`));
  return rows.map((row) => ({
    id: row.id, zone: row.zone, texts: row, subscriptionStatus: row.subscription_status, leadScore: row.lead_score,
    createdAt: Number(row.created_ms), updatedAt: Number(row.updated_ms), tags: row.tags, custom: row.custom, events: row.events, campaigns,
    lists: new Set(row.lists), overrides: new Map(row.overrides.map(({ segment, pin, until }) => [segment, { pin, until }])),
  }));
}
