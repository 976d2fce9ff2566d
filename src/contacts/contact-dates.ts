import { sql, type TenantStatements } from '#database';
import type { ContactState } from './contact-state.js';
import type { CustomFieldSet } from './custom-values.js';
import { deleteContactDates, insertContactDates } from './sql/contact-dates.sql.js';

/** A contact as it was (`null`: it is new) and as it has been written. */
export interface WrittenState {
  readonly before: ContactState | null;
  readonly after: ContactState;
}

/**
 * Keeps `contact_date` what the custom dates and instants of the written contacts are: a refresh finds there whom time has
 * moved, and a rule who has a date that it asks for, by an index range instead of a look into everybody's JSON.
 */
export async function storeContactDates(tx: TenantStatements, fields: CustomFieldSet, written: readonly WrittenState[]): Promise<void> {
  const dates = fields.all.filter(({ type }) => type === 'date' || type === 'datetime').map(({ id }) => id);
  const changed = written.filter(({ before, after }) => dates.some((id) => before?.custom[id] !== after.custom[id]));
  if (changed.length === 0) return;
  const idsOf = (states: readonly WrittenState[]) => sql`select unnest(${states.map(({ after }) => after.id)}::uuid[])`;
  const known = changed.filter(({ before }) => before !== null);
  if (known.length > 0) await tx.write(deleteContactDates(tx.tenantId, idsOf(known)));
  await tx.write(insertContactDates(tx.tenantId, idsOf(changed)));
}
