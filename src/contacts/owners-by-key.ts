import type { TenantTransaction } from '#database';
import { type InputFault, isStorable } from '#kernel';
import { fold } from '#rules';
import { contactsByField } from './sql/find-contacts.sql.js';

/** A custom field that names a contact, such as the number of a customer, and its value for each row; `null` where there is none. */
export interface Key {
  readonly fieldId: string;
  /** Where a fault of it lies: a JSON Pointer into the row. */
  readonly path: string;
  readonly values: readonly (string | null)[];
}

/** For the place of a row, the id of the one contact that has its value, without regard to letter case, or why there is none. */
export async function ownersByKey(tx: TenantTransaction, { fieldId, path, values }: Key): Promise<(at: number) => string | InputFault> {
  const asked = [...new Set(values.filter((value) => value !== null && isStorable(value)).map((value) => fold(value as string)))];
  const found = asked.length === 0 ? [] : await tx.rows<{ id: string; value: string }>(contactsByField(tx.tenantId, fieldId, asked));
  const owners = new Map<string, string | null>();
  for (const { id, value } of found) owners.set(value, owners.has(value) ? null : id);
  return (at) => {
    const value = values[at] ?? null;
    if (value === null) return { path, code: 'value_missing', message: 'This says whose event it is, and is needed.' };
    const owner = owners.get(fold(value));
    if (owner === undefined) return { path, code: 'unknown_contact', message: 'There is no contact with this value.' };
    return owner ?? { path, code: 'ambiguous_contact', message: 'Several contacts have this value.' };
  };
}
