import { type Sql, sql } from '#database';

/** Where a page of events begins: after this instant and, of the same, this id. */
export type EventPosition = [occurredAt: string, id: string];

/**
 * A contact's events, the latest first; own types by their keys. The contact's events are found by contact_event_by_contact
 * and sorted: a person has hundreds, not millions.
 */
export function eventsOfContact(tenantId: string, contactId: string, limit: number, after: EventPosition | null): Sql {
  return sql`
    ${shownEvents(tenantId)}
    where event.tenant_id = ${tenantId}::uuid and event.contact_id = ${contactId}::uuid
      ${after === null ? sql`` : sql`and (event.occurred_at, event.id) < (${after[0]}::timestamptz, ${after[1]})`}
    order by event.occurred_at desc, event.id desc
    limit ${limit}`;
}

/** The events with these ids. */
export function eventsById(tenantId: string, ids: readonly string[]): Sql {
  return sql`${shownEvents(tenantId)} where event.tenant_id = ${tenantId}::uuid and event.id = any(${ids}::text[] collate "C")`;
}

function shownEvents(tenantId: string): Sql {
  return sql`
    select event.id, event.contact_id, coalesce(event_type.key, event.type) as type, event.occurred_at, event.campaign_id,
      event.url, event.device, event.revenue, event.properties, event.received_at
    from contact_event event
    left join event_type on event_type.tenant_id = ${tenantId}::uuid and event_type.id::text = event.type`;
}
