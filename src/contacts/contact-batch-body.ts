import type { InputFault } from '#kernel';
import { rowsOfBatch } from '../http/index.js';
import type { OnDuplicate } from './row-policy.js';

/** Reads what is around the rows of a batch. */
export function readContactsBatch(body: object): { contacts: readonly unknown[]; onDuplicate: OnDuplicate } {
  const { onDuplicate = 'update' } = body as { onDuplicate?: unknown };
  const known = onDuplicate === 'update' || onDuplicate === 'skip';
  const faults: InputFault[] = known ? [] : [{ path: '/onDuplicate', code: 'value_invalid', message: 'onDuplicate is one of update, skip.' }];
  return { contacts: rowsOfBatch(body, 'contacts', ['onDuplicate'], faults), onDuplicate: onDuplicate as OnDuplicate };
}
