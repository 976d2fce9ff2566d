import { complement, defineOperator } from '../operator.js';
import { none } from '../value-shapes.js';
import { sql } from '../../sql.js';

/** Whether a value is set is decided outside the rows, once for all operators: a row only ever sees a value that is. */
export const isSet = defineOperator<null, unknown>({
  name: 'is_set', types: ['string', 'number', 'boolean', 'date', 'datetime', 'array'], value: none, label: 'is set',
  sql: () => sql`true`,
  holds: () => true,
  say: () => 'is set',
  examples: [],
});
export const isNotSet = complement('is_not_set', isSet, 'is not set', () => 'is not set');
