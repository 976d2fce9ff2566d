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

/** The same of many, in the order of the contacts, as every writer locks them; `ids` is a query. Answers one row: how many. */
export function lockContactsOfEvents(tenantId: string, ids: Sql): Sql {
  return sql`
    with locked as (
      select c.id from contact c where c.tenant_id = ${tenantId}::uuid and c.id in (
        select e.contact_id from contact_event e where e.tenant_id = ${tenantId}::uuid and e.id in (${ids}))
      order by c.id for no key update)
    select count(*)::integer as locked from locked`;
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
