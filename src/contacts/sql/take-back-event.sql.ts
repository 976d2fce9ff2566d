import { type Sql, sql } from '#database';
import { eventIdHash } from './append-events.sql.js';

/** Locks the contact of an event, as every writer of a contact's events does first. */
export function lockContactOfEvent(tenantId: string, eventId: string): Sql {
  return sql`
    select contact.id from contact
    where contact.tenant_id = ${tenantId}::uuid and contact.id = (
      select contact_event.contact_id from contact_event
      where contact_event.tenant_id = ${tenantId}::uuid and contact_event.id = ${eventId})
    for no key update`;
}

/** Deletes the event and keeps its id used up; no row where it was gone by now. */
export function takeBackEvent(tenantId: string, eventId: string): Sql {
  return sql`
    with gone as (
      delete from contact_event where tenant_id = ${tenantId}::uuid and id = ${eventId} returning id
    )
    insert into used_event_id (tenant_id, id_hash)
    select ${tenantId}::uuid, ${eventIdHash(sql`gone.id`)} from gone
    on conflict (tenant_id, id_hash) do nothing`;
}
