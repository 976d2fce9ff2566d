import { sql, type Sql } from '#database';
import { type EventOfContact, rowsOfEvents } from './append-events.sql.js';

/**
 * Up to when the tenant's days are closed, and may have been rolled up; held still until the transaction ends, so that
 * whoever closes further days afterwards finds what was stored here.
 */
export function holdClosedUntil(tenantId: string): Sql {
  return sql`select closed_until from analytics_state where tenant_id = ${tenantId}::uuid for key share`;
}

/** The row that holds it; there from the first event on. */
export function beginAnalytics(tenantId: string): Sql {
  return sql`insert into analytics_state (tenant_id) values (${tenantId}::uuid) on conflict (tenant_id) do nothing`;
}

/** Notes events of closed days, to be counted anew. */
export function noteLate(tenantId: string, events: readonly EventOfContact[]): Sql {
  return sql`
    insert into late_event (tenant_id, contact_id, type, campaign_id, occurred_at)
    select ${tenantId}::uuid, e.contact_id, e.type, e.campaign_id, e.occurred_at from ${rowsOfEvents(events, ['contact_id', 'type', 'campaign_id', 'occurred_at'])} e`;
}

/** The same of stored events that are about to go. */
export function noteLateRemovals(tenantId: string, eventIds: readonly string[], closedUntil: Date): Sql {
  return sql`
    insert into late_event (tenant_id, contact_id, type, campaign_id, occurred_at)
    select tenant_id, contact_id, type, campaign_id, occurred_at from contact_event
    where tenant_id = ${tenantId}::uuid and id = any(${eventIds}::text[] collate "C") and occurred_at < ${closedUntil}::timestamptz`;
}

/** The same of all events of a contact that are about to become another's. */
export function noteLateMoves(tenantId: string, from: string, to: string, closedUntil: Date): Sql {
  return sql`
    insert into late_event (tenant_id, contact_id, type, campaign_id, occurred_at)
    select tenant_id, ${to}::uuid, type, campaign_id, occurred_at from contact_event
    where tenant_id = ${tenantId}::uuid and contact_id = ${from}::uuid and occurred_at < ${closedUntil}::timestamptz`;
}
