import { sql, type TenantStatements } from '#database';
import { campaignNames, type ContactSnapshot, type EventSnapshot, type TextColumn } from '#rules';

interface ContactRow extends Record<TextColumn, string | null> {
  id: string;
  zone: string;
  subscription_status: string;
  lead_score: number | null;
  created_ms: string;
  updated_ms: string;
  tags: string[];
  custom: Record<string, unknown>;
}

interface EventRow {
  id: string; type: string; at_ms: string; campaign_id: string | null; url: string | null; device: string | null;
  revenue: string | null; properties: Record<string, unknown>;
}

/** All that rules look at of one contact; `null` where there is none of this id. */
export async function loadContactSnapshot(tx: TenantStatements, contactId: string): Promise<ContactSnapshot | null> {
  const { tenantId } = tx;
  const contact = await tx.row<ContactRow>(sql`
    select id, zone, email, first_name, last_name, company, job_title, phone, country, state, city, timezone, source,
      subscription_status, lead_score, tags, custom,
      (extract(epoch from created_at) * 1000)::bigint as created_ms, (extract(epoch from updated_at) * 1000)::bigint as updated_ms
    from contact where tenant_id = ${tenantId}::uuid and id = ${contactId}::uuid`);
  if (contact === undefined) return null;
  const events = await tx.rows<EventRow>(sql`
    select id, type, (extract(epoch from occurred_at) * 1000)::bigint as at_ms, campaign_id, url, device, revenue, properties
    from contact_event where tenant_id = ${tenantId}::uuid and contact_id = ${contactId}::uuid`);
  const campaigns = await tx.rows<{ id: string; externalId: string | null; name: string }>(sql`
    select id, external_id as "externalId", name from campaign where tenant_id = ${tenantId}::uuid`);
  const lists = await tx.rows<{ id: string }>(sql`
    select s.id from segment s join segment_member m on m.tenant_id = s.tenant_id and m.segment_id = s.id
    where s.tenant_id = ${tenantId}::uuid and m.tenant_id = ${tenantId}::uuid and s.type = 'static' and m.contact_id = ${contactId}::uuid`);
  const overrides = await tx.rows<{ segment_id: string; pin: 'in' | 'out'; until_ms: string | null }>(sql`
    select segment_id, pin, (extract(epoch from until) * 1000)::bigint as until_ms from segment_override
    where tenant_id = ${tenantId}::uuid and contact_id = ${contactId}::uuid`);
  return {
    id: contact.id, zone: contact.zone, texts: contact, subscriptionStatus: contact.subscription_status, leadScore: contact.lead_score,
    createdAt: Number(contact.created_ms), updatedAt: Number(contact.updated_ms), tags: contact.tags, custom: contact.custom,
    events: events.map(eventOf),
    campaigns: campaignNames(campaigns),
    lists: new Set(lists.map(({ id }) => id)),
    overrides: new Map(overrides.map(({ segment_id, pin, until_ms }) => [segment_id, { pin, until: until_ms === null ? null : Number(until_ms) }])),
  };
}

function eventOf(row: EventRow): EventSnapshot {
  return {
    id: row.id, type: row.type, occurredAt: Number(row.at_ms), campaignId: row.campaign_id, url: row.url, device: row.device,
    revenue: row.revenue === null ? null : Number(row.revenue), properties: row.properties,
  };
}
