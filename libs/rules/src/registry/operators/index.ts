import type { OperatorRow } from '../operator.js';
import type { ValueType } from '../../rule.js';
import * as arrays from './array.js';
import * as booleans from './boolean.js';
import { timeOperators } from './date.js';
import * as numbers from './number.js';
import { isNotSet, isSet } from './presence.js';
import * as strings from './string.js';

/** Every operator, in the order in which menus and pages list them. */
export const operators: readonly OperatorRow[] = [
  strings.equals, strings.notEquals, strings.contains, strings.notContains, strings.startsWith, strings.notStartsWith,
  strings.endsWith, strings.notEndsWith, strings.isIn, strings.notIn,
  numbers.equals, numbers.notEquals, numbers.greaterThan, numbers.greaterOrEqual, numbers.lessThan,
  numbers.lessOrEqual, numbers.between, numbers.notBetween, numbers.isIn, numbers.notIn,
  booleans.equals, booleans.notEquals,
  ...timeOperators,
  arrays.contains, arrays.notContains, arrays.containsAny, arrays.containsAll, arrays.containsNone,
  isSet, isNotSet,
] as readonly OperatorRow[];

/** Other spellings that a rule may use. */
export const operatorAliases: Readonly<Partial<Record<ValueType, Readonly<Record<string, string>>>>> = {
  date: { less_than: 'before', greater_than: 'after' },
  datetime: { less_than: 'before', greater_than: 'after' },
};

const byType = new Map<ValueType, Map<string, OperatorRow>>();
for (const row of operators) {
  for (const type of row.types) {
    const rows = byType.get(type) ?? new Map<string, OperatorRow>();
    if (rows.has(row.name)) throw new Error(`Two operators of ${type} are called ${row.name}.`);
    byType.set(type, rows.set(row.name, row));
  }
}

/** The operators of a type, aliases left out. */
export function operatorsFor(type: ValueType): readonly OperatorRow[] {
  return [...(byType.get(type)?.values() ?? [])];
}

/** The operator of a type by its name or an alias of it. */
export function operatorOf(type: ValueType, name: string): OperatorRow | undefined {
  const aliases = operatorAliases[type];
  const known = aliases !== undefined && Object.hasOwn(aliases, name) ? aliases[name]! : name;
  return byType.get(type)?.get(known);
}
