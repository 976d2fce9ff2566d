import { type Sql, sql } from '#database';
import { engagementAfter, engagementColumns, engagementOf } from '#rules';
import { type EventOfContact, rowsOfEvents } from './append-events.sql.js';

/** Removes the figures of the contacts; they are written anew, where there are events left to write them from. */
export function deleteEngagement(tenantId: string, contactIds: readonly string[]): Sql {
  return sql`delete from contact_engagement where tenant_id = ${tenantId}::uuid and contact_id = any(${contactIds}::uuid[])`;
}

/** Writes the figures of those of the contacts that have events. */
export function insertEngagement(tenantId: string, contactIds: readonly string[]): Sql {
  return sql`insert into contact_engagement (tenant_id, contact_id, ${sql.join(figures)}) ${engagementOf(contactIds, tenantId)}`;
}

/** Brings the figures of the contacts up to date with events that were stored just now, all of these contacts. */
export function addToEngagement(tenantId: string, contactIds: readonly string[], events: readonly EventOfContact[]): Sql {
  const added = rowsOfEvents(events, ['contact_id', 'type', 'occurred_at', 'campaign_id', 'device', 'revenue']);
  return sql`
    insert into contact_engagement (tenant_id, contact_id, ${sql.join(figures)}) ${engagementAfter(added, contactIds, tenantId)}
    on conflict (tenant_id, contact_id) do update set ${sql.join(figures.map((figure) => sql`${figure} = excluded.${figure}`))}`;
}

const figures = engagementColumns.map((column) => sql.ref(column));

/**
 * Until the end of the transaction, joins are no nested loops. Of a tenant that the statistics do not know yet the planner
 * expects one row of each table; a nested loop planned for that took half a minute for a batch of 10,000 events, a hash
 * join of the same rows 0.1 s.
 */
export function joinByHash(): Sql {
  return sql`set local enable_nestloop = off`;
}

export function joinAsPlanned(): Sql {
  return sql`set local enable_nestloop = on`;
}
