import { complement, defineOperator } from '../operator.js';
import { oneBoolean } from '../value-shapes.js';
import { sql } from '../../sql.js';

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

export const equals = defineOperator<boolean, boolean>({
  name: 'equals', types: ['boolean'], value: oneBoolean, label: 'is',
  sql: (x, v) => sql`(${x} = ${v}::boolean)`,
  holds: (x, v) => x === v,
  say: (v) => `is ${yesOrNo(v)}`,
  examples: [[true, true, true], [false, true, false], [false, false, true]],
});
export const notEquals = complement('not_equals', equals, 'is not', (v) => `is not ${yesOrNo(v)}`);
