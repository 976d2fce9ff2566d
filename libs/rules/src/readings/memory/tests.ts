import type { Moment, OperatorRow } from '../../registry/operator.js';

/** Missing, null, the empty string, an empty array. 0 and false are set. */
export function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** The guard of unset values, once for all operators: on one, a positive test is false and a negative one true. */
export function holdsOf(row: OperatorRow, x: unknown, value: unknown, moment: Moment): boolean {
  return isUnset(x) ? row.negative === true : row.holds(x, value, moment);
}
