import { brokenConstraint, sql, type TenantTransaction } from '#database';
import { appendContactChanges } from './changes.js';
import { storeContactDates, type WrittenState } from './contact-dates.js';
import { differs, writtenOf } from './contact-state.js';
import type { CustomFieldSet } from './custom-values.js';
import { recomputeEngagement } from './engagement.js';
import { insertContacts, updateContacts } from './sql/write-contacts.sql.js';

/** Another contact has the address of one that was to be written. */
export class AddressTaken extends Error {}

/**
 * Writes contacts that are new, and of those that the transaction has locked what really changed, with all that is kept
 * beside them, and notes them for the refresh.
 * @throws AddressTaken
 */
export async function writeContacts(tx: TenantTransaction, fields: CustomFieldSet, states: readonly WrittenState[], now: Date): Promise<void> {
  const made = states.filter(({ before }) => before === null);
  const changed = states.filter(({ before, after }) => before !== null && differs(before, after));
  const touched = [...made, ...changed].map(({ after }) => after.id);
  if (touched.length === 0) return;
  if (changed.length > 0) {
    await tx.write(updateContacts(tx.tenantId, changed.map(({ after }) => writtenOf(after)), now)).catch((error: unknown) => {
      throw brokenConstraint(error) === 'contact_email' ? new AddressTaken() : error;
    });
  }
  if (made.length > 0) {
    const inserted = await tx.rows(insertContacts(tx.tenantId, made.map(({ after }) => writtenOf(after)), now));
    if (inserted.length < made.length) throw new AddressTaken();
  }
  await storeContactDates(tx, fields, [...made, ...changed]);
  const moved = changed.filter(({ before, after }) => before?.zone !== after.zone).map(({ after }) => after.id);
  if (moved.length > 0) await recomputeEngagement(tx, moved);
  await appendContactChanges(tx, sql`select unnest(${touched}::uuid[])`, now);
}
