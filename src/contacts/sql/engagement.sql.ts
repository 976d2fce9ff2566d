import { type Sql, sql } from '#database';
import { engagementSql } from '#rules';

/** The columns of `contact_engagement`, in the table's order. */
const columns = [
  'tenant_id', 'contact_id', 'latest_event_at', 'emails_sent', 'emails_delivered', 'total_opens', 'total_clicks', 'total_replies',
  'total_conversions', 'total_bounces', 'total_revenue', 'last_sent_at', 'last_opened_at', 'last_clicked_at', 'last_converted_at',
  'last_activity_at', 'last_opened_device', 'most_common_open_hour', 'most_common_open_weekday', 'opened_last_email',
] as const;

/** Writes the figures of the contacts that have events: the same fragment that rules read for another moment. */
export function upsertEngagement(tenantId: string, contacts: Sql): Sql {
  const list = sql.join(columns.map((column) => sql.ref(column)));
  const figures = columns.slice(2).map((column) => sql`${sql.ref(column)} = excluded.${sql.ref(column)}`);
  return sql`
    insert into contact_engagement (${list})
    select ${list} from (${engagementSql(contacts, tenantId, null)}) as figures
    on conflict (tenant_id, contact_id) do update set ${sql.join(figures)}`;
}

/** Removes the figures of those of the contacts that have no events left. */
export function deleteEngagementWithoutEvents(tenantId: string, contacts: Sql): Sql {
  return sql`
    delete from contact_engagement
    where contact_engagement.tenant_id = ${tenantId}::uuid and contact_engagement.contact_id in (${contacts})
      and not exists (select from contact_event
        where contact_event.tenant_id = ${tenantId}::uuid and contact_event.contact_id = contact_engagement.contact_id)`;
}
