import { sql, type TenantStatements } from '#database';
import { campaignNames, type ContactSnapshot, type EventSnapshot, type Override, textColumns, type TextColumn } from '#rules';

type Row = Record<TextColumn, string | null> & {
  id: string; zone: string; subscription_status: string; lead_score: number | null; created_ms: string; updated_ms: string; tags: string[];
  custom: Record<string, unknown>; events: EventSnapshot[]; lists: string[]; overrides: (Override & { segment: string })[];
};

/** All of a small tenant's contacts as the in-memory evaluator takes them, in one statement. */
export async function snapshotsOf(tx: TenantStatements): Promise<ContactSnapshot[]> {
  const { tenantId } = tx;
  const ms = (column: 'e.occurred_at' | 'o.until' | 'c.created_at' | 'c.updated_at') => sql`(extract(epoch from ${sql.ref(column)}) * 1000)::bigint`;
  const rows = await tx.rows<Row>(sql`
    select c.id, c.zone, ${sql.join(textColumns.map((column) => sql`c.${sql.ref(column)}`))}, c.subscription_status, c.lead_score, c.tags, c.custom,
      ${ms('c.created_at')} as created_ms, ${ms('c.updated_at')} as updated_ms,
      (select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'type', e.type, 'occurredAt', ${ms('e.occurred_at')}, 'campaignId', e.campaign_id, 'url', e.url,
        'device', e.device, 'revenue', e.revenue, 'properties', e.properties)), '[]') from contact_event e where e.tenant_id = c.tenant_id and e.contact_id = c.id) as events,
      (select coalesce(jsonb_agg(m.segment_id), '[]') from segment_member m join segment s on s.tenant_id = m.tenant_id and s.id = m.segment_id
        where m.tenant_id = c.tenant_id and m.contact_id = c.id and s.type = 'static') as lists,
      (select coalesce(jsonb_agg(jsonb_build_object('segment', o.segment_id, 'pin', o.pin, 'until', ${ms('o.until')})), '[]') from segment_override o
        where o.tenant_id = c.tenant_id and o.contact_id = c.id) as overrides
    from contact c where c.tenant_id = ${tenantId}::uuid`);
  const campaigns = campaignNames(await tx.rows<{ id: string; externalId: string | null; name: string }>(sql`
    select id, external_id as "externalId", name from campaign where tenant_id = ${tenantId}::uuid`));
  return rows.map((row) => ({
    id: row.id, zone: row.zone, texts: row, subscriptionStatus: row.subscription_status, leadScore: row.lead_score, createdAt: Number(row.created_ms),
    updatedAt: Number(row.updated_ms), tags: row.tags, custom: row.custom, events: row.events, campaigns, lists: new Set(row.lists),
    overrides: new Map(row.overrides.map(({ segment, pin, until }) => [segment, { pin, until }])),
  }));
}
