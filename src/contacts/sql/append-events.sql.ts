import { type Sql, sql } from '#database';
import { contactColumns } from '../contact-record.js';
import type { NewEvent } from '../event-row.js';

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
 * Which of these hashes belong to ids that are used up. Asked after the insertion and not before: that may have waited
 * for a deletion of the same id, which only a later statement sees.
 */
export function usedUp(tenantId: string, hashes: readonly Buffer[]): Sql {
  return sql`select id_hash from used_event_id where tenant_id = ${tenantId}::uuid and id_hash = any(${hashes}::bytea[])`;
}

/** Deletes events, and says whose they were; their ids are free again. */
export function withdrawEvents(tenantId: string, ids: readonly string[]): Sql {
  return sql`delete from contact_event where tenant_id = ${tenantId}::uuid and id = any(${ids}::text[] collate "C") returning contact_id`;
}

/** Raises subscription statuses to this one where they are lower: active, pending < bounced < unsubscribed < complained. */
export function raiseStatus(tenantId: string, contactIds: readonly string[], status: RaisedStatus, at: Date): Sql {
  return sql`
    update contact set subscription_status = ${status}, updated_at = ${at}::timestamptz
    where tenant_id = ${tenantId}::uuid and id = any(${contactIds}::uuid[]) and subscription_status = any(${below(status)}::text[])`;
}

/** Those of the contacts whose status that would raise. */
export function lowerThan(tenantId: string, contactIds: readonly string[], status: RaisedStatus): Sql {
  return sql`
    select ${contactColumns} from contact c
    where c.tenant_id = ${tenantId}::uuid and c.id = any(${contactIds}::uuid[]) and c.subscription_status = any(${below(status)}::text[])`;
}

function below(status: RaisedStatus): readonly string[] {
  return ['active', 'pending', ...raisedStatuses.slice(0, raisedStatuses.indexOf(status))];
}

/** What events raise a contact's status to, the lowest first. */
export const raisedStatuses = ['bounced', 'unsubscribed', 'complained'] as const;
export type RaisedStatus = (typeof raisedStatuses)[number];

/** What remains of an event's id once the event is gone: its SHA-256. */
export function eventIdHash(id: Sql): Sql {
  return sql`sha256(convert_to(${id}, 'UTF8'))`;
}
