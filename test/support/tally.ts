import type pg from 'pg';
import { toText } from '#rules';
import { contactsOf, foldTally } from '../../src/contacts/index.js';

/** Counts a tenant's contacts anew, once they were written past the service. The client is the owner's, behind the tenant's wall. */
export async function recount(owner: pg.Client, tenantId: string): Promise<void> {
  const { sql, parameters } = toText(foldTally(tenantId, -1));
  await owner.query(sql, [...parameters]);
}

/** How many contacts the tenant has, and how many the service takes it to have. */
export async function counted(owner: pg.Client, tenantId: string): Promise<{ contacts: number; tallied: number; rows: number }> {
  const { sql, parameters } = toText(contactsOf(tenantId));
  const { rows: [row] } = await owner.query<{ contacts: number; tallied: number; rows: number }>(`
    select (select count(*) from contact where tenant_id = '${tenantId}')::int as contacts, ${sql}::int as tallied,
      (select count(*) from contact_tally where tenant_id = '${tenantId}')::int as rows`, [...parameters]);
  return row!;
}
