import type { Moment, OperatorRow, SqlMoment } from '../../registry/operator.js';
import type { ValueType } from '../../rule.js';
import { sql, type Sql } from '../../sql.js';

/**
 * Whether null may stand for false. It may where only AND and OR lie between the test and the `where`; there the bare
 * test is left to the planner, which turns outer joins to inner ones below it. Under a NOT a test must be two-valued.
 */
export type NullIs = 'false' | 'forbidden';

/** Whether a value is set: true or false, never null. */
export function isSetSql(x: Sql, type: ValueType, asJson = false): Sql {
  switch (type) {
    case 'string': return sql`(coalesce(${x}, '') <> '')`;
    case 'array': return asJson ? sql`(coalesce(${x}, '[]') <> '[]'::jsonb)` : sql`(coalesce(cardinality(${x}), 0) > 0)`;
    case 'number': case 'boolean': case 'date': case 'datetime': return sql`(${x} is not null)`;
  }
}

/** The guard of unset values, once for all operators. A negative is the NOT of its guarded positive. */
export function guarded(row: OperatorRow, x: Sql, type: ValueType, value: unknown, moment: SqlMoment, nullIs: NullIs): Sql {
  if (row.positive !== undefined) return sql`not ${guarded(row.positive, x, type, value, moment, 'forbidden')}`;
  const isSet = isSetSql(x, type, moment.asJson);
  if (row.value.name === 'none') return isSet;
  const test = row.sql(x, value, moment);
  return nullIs === 'false' ? test : sql`(${isSet} and ${test})`;
}

/** Whether only a value that is set can pass: where there is no row there is none. */
export function wantsValue(row: OperatorRow): boolean {
  return row.positive === undefined;
}

/** The same for a figure that is 0 where there is no row: then 0 is a value like any other. */
export function zeroGuarded(row: OperatorRow, x: Sql, value: unknown, moment: SqlMoment, nullIs: NullIs): Sql {
  if (row.positive !== undefined) return sql`not ${zeroGuarded(row.positive, x, value, moment, 'forbidden')}`;
  if (row.value.name === 'none') return sql`true`;
  return row.sql(nullIs === 'false' && wantsMore(row, value, moment) ? x : sql`coalesce(${x}, 0)`, value, moment);
}

/** Whether only a figure other than 0 can pass: where there is no row it is 0. */
export function wantsMore(row: OperatorRow, value: unknown, moment: Moment): boolean {
  return row.positive === undefined && row.value.name !== 'none' && !row.holds(0, value, moment);
}
