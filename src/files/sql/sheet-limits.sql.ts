import { sql, type Sql } from '#database';
import { longestCell } from '../xlsx/cell-text.js';

/**
 * Whether a value of the contact `c` may be longer than a cell: lists only, since a text has at most 10,000 characters.
 * No JSON of theirs has fewer bytes than what is written has UTF-16 units.
 */
export const longContact = sql`(octet_length(to_json(c.tags)::text) > ${longestCell} or octet_length(c.custom::text) > ${longestCell})`;

/** The same of the event `e`: of all its values only the properties may be. */
export const longEvent = sql`octet_length(e.properties::text) > ${longestCell}`;

export function membersUpTo(tenantId: string, segmentId: string, limit: number): Sql {
  return counted(sql`segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid`, limit);
}

export function contactsUpTo(tenantId: string, limit: number): Sql {
  return counted(sql`contact where tenant_id = ${tenantId}::uuid`, limit);
}

export function eventsUpTo(tenantId: string, limit: number): Sql {
  return counted(sql`contact_event where tenant_id = ${tenantId}::uuid`, limit);
}

/** An index alone answers it, and no more of it than the limit. */
function counted(source: Sql, limit: number): Sql {
  return sql`select count(*)::integer as rows from (select from ${source} limit ${limit}) counted`;
}
