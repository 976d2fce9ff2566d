import { type Sql, sql } from '#database';
import { engagementOfEach } from '#rules';

/** The columns of `contact_engagement`, in the table's order. */
const columns = [
  'tenant_id', 'contact_id', 'latest_event_at', 'emails_sent', 'emails_delivered', 'total_opens', 'total_clicks', 'total_replies',
  'total_conversions', 'total_bounces', 'total_revenue', 'last_sent_at', 'last_opened_at', 'last_clicked_at', 'last_converted_at',
  'last_activity_at', 'last_opened_device', 'most_common_open_hour', 'most_common_open_weekday', 'opened_last_email',
] as const;

/** Writes the figures of the contacts that have events: the same figures that rules read for another moment. */
export function upsertEngagement(tenantId: string, contacts: Sql): Sql {
  const list = sql.join(columns.map((column) => sql.ref(column)));
  const figures = columns.slice(2).map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`);
  return sql`
    insert into contact_engagement (${list})
    select ${list} from (${engagementOfEach(contacts, tenantId)}) as figures
    on conflict (tenant_id, contact_id) do update set ${sql.join(figures)}`;
}

/**
 * Removes the figures of those of the contacts that have no events left. Asked contact by contact and not as an
 * anti-join, which was planned for one event and took a minute, see `engagementOfEach`.
 */
export function deleteEngagementWithoutEvents(tenantId: string, contacts: Sql): Sql {
  return sql`
    delete from contact_engagement
    where contact_engagement.tenant_id = ${tenantId}::uuid and contact_engagement.contact_id in (${contacts})
      and (select true from contact_event
        where contact_event.tenant_id = ${tenantId}::uuid and contact_event.contact_id = contact_engagement.contact_id
        limit 1) is null`;
}
