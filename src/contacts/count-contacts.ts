import { sql, type TenantStatements } from '#database';
import { contactsOf } from './sql/contact-tally.sql.js';

/** How many contacts the tenant has, as the snapshot of the transaction sees them. */
export async function countContacts(tx: TenantStatements): Promise<number> {
  return Number((await tx.row<{ contacts: string }>(sql`select ${contactsOf(tx.tenantId)} as contacts`))?.contacts);
}
