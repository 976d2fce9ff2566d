import { invalid } from '#kernel';
import { pointer, RowFaults } from './contact-faults.js';
import { tooManyRows } from './contacts.problems.js';
import type { OnDuplicate } from './row-policy.js';

const mostRows = 10_000;

/** Reads what is around the rows of a batch; the rows themselves are judged one by one. By hand: a copy of 10,000 objects is saved. */
export function readContactsBatch(body: object): { contacts: readonly unknown[]; onDuplicate: OnDuplicate } {
  const faults = new RowFaults();
  const { contacts, onDuplicate = 'update', ...others } = body as Record<string, unknown>;
  for (const key of Object.keys(others)) faults.add(pointer(key), 'unknown_property', `A batch has no property ${JSON.stringify(key.slice(0, 80))}.`);
  if (!Array.isArray(contacts)) faults.add('/contacts', contacts === undefined ? 'value_missing' : 'shape_invalid', 'contacts is a list of contacts.');
  else if (contacts.length > mostRows) throw tooManyRows(mostRows);
  if (onDuplicate !== 'update' && onDuplicate !== 'skip') faults.add('/onDuplicate', 'value_invalid', 'onDuplicate is one of update, skip.');
  if (faults.all.length > 0) throw invalid(faults.all);
  return { contacts: contacts as unknown[], onDuplicate: onDuplicate as OnDuplicate };
}
