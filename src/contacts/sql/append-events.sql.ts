import { type Sql, sql } from '#database';
import type { SubscriptionStatus } from '#database';
import type { NewEvent } from '../event-row.js';

/**
 * Locks the contacts of these addresses and says whose each is; `position` is that in its list.
 *
 * The rows are locked in the order of their ids, so that writers of the same contacts queue and never deadlock, and the
 * addresses are compared with the rows as they are once locked: one that was renamed meanwhile is found no more.
 * Rests on the primary key and on contact_email; addresses are folded apart, because a join that calls lower() would
 * reach no index below the policy.
 */
export function lockContacts(tenantId: string, emails: readonly string[], ids: readonly string[]): Sql {
  return sql`
    with address as materialized (
      select lower(sent.email collate "pg_c_utf8") collate "C" as folded, sent.position
      from unnest(${emails}::text[]) with ordinality as sent (email, position)
    ), named as materialized (
      select contact.id from address
        join contact on contact.tenant_id = ${tenantId}::uuid and contact.email_folded = address.folded
      union
      select sent.id from unnest(${ids}::uuid[]) as sent (id)
    ), locked as materialized (
      select contact.id, contact.email_folded from contact
      where contact.tenant_id = ${tenantId}::uuid and contact.id in (select named.id from named)
      order by contact.id
      for no key update
    )
    select 'email' as by, address.position::int as position, locked.id
      from address join locked on locked.email_folded = address.folded
    union all
    select 'id', sent.position::int, locked.id
      from unnest(${ids}::uuid[]) with ordinality as sent (id, position) join locked on locked.id = sent.id`;
}

export type EventOfContact = NewEvent & { readonly contactId: string };

/**
 * Stores the events whose ids are free and returns those ids. In the order of the ids: two requests with the same new
 * ids wait for each other in one direction only.
 */
export function appendEvents(tenantId: string, events: readonly EventOfContact[], receivedAt: Date): Sql {
  return sql`
    insert into contact_event (tenant_id, id, contact_id, type, occurred_at, campaign_id, url, device, revenue, properties, received_at)
    select ${tenantId}::uuid, event.id, event."contactId", event.type, event."occurredAt", event."campaignId", event.url, event.device,
      event.revenue, event.properties, ${receivedAt}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as event (
      id text, "contactId" uuid, type text, "occurredAt" timestamptz, "campaignId" text, url text, device text,
      revenue numeric, properties jsonb)
    order by event.id collate "C"
    on conflict (tenant_id, id) do nothing
    returning id`;
}

/**
 * Takes back those of the events just stored whose ids were used up before, and returns their ids. Asked after the
 * insertion and not before: that may have waited for a deletion of the same id, which only a later statement sees.
 */
export function withdrawUsedUp(tenantId: string, ids: readonly string[]): Sql {
  return sql`
    with stored as materialized (
      select sent.id, ${eventIdHash(sql`sent.id`)} as hash from unnest(${ids}::text[]) as sent (id)
    ), used_up as materialized (
      select stored.id from stored
      join used_event_id on used_event_id.tenant_id = ${tenantId}::uuid and used_event_id.id_hash = stored.hash
    )
    delete from contact_event using used_up
    where contact_event.tenant_id = ${tenantId}::uuid and contact_event.id = used_up.id collate "C"
    returning contact_event.id`;
}

/** Raises subscription statuses, never lowers one: active, pending < bounced < unsubscribed < complained. */
export function raiseStatuses(tenantId: string, raised: ReadonlyMap<string, SubscriptionStatus>, at: Date): Sql {
  const rank = (status: Sql): Sql => sql`coalesce(array_position(array['bounced', 'unsubscribed', 'complained'], ${status}), 0)`;
  return sql`
    update contact set subscription_status = raised.status, updated_at = ${at}::timestamptz
    from unnest(${[...raised.keys()]}::uuid[], ${[...raised.values()]}::text[]) as raised (contact_id, status)
    where contact.tenant_id = ${tenantId}::uuid and contact.id = raised.contact_id
      and ${rank(sql`raised.status`)} > ${rank(sql`contact.subscription_status`)}`;
}

/** What remains of an event's id once the event is gone: its SHA-256. */
export function eventIdHash(id: Sql): Sql {
  return sql`sha256(convert_to(${id}, 'UTF8'))`;
}
