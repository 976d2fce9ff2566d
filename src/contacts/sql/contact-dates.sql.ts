import { sql, type Sql } from '#database';

/** Takes away the stored times of contacts whose custom dates have changed. */
export function deleteContactDates(tenantId: string, contactIds: Sql): Sql {
  return sql`delete from contact_date where tenant_id = ${tenantId}::uuid and contact_id in (${contactIds})`;
}

/** Stores the custom dates and instants of contacts beside them, where they can be found by range. */
export function insertContactDates(tenantId: string, contactIds: Sql): Sql {
  return sql`
    insert into contact_date (tenant_id, contact_id, field_id, on_day, at)
    select ${tenantId}::uuid, c.id, f.id, case f.type when 'date' then (c.custom ->> f.id::text)::date end,
      case f.type when 'datetime' then (c.custom ->> f.id::text)::timestamptz end
    from contact c join custom_field f on f.tenant_id = ${tenantId}::uuid and f.type in ('date', 'datetime') and c.custom ? f.id::text
    where c.tenant_id = ${tenantId}::uuid and c.id in (${contactIds})`;
}
