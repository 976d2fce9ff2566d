import { complement, defineOperator, type LeftSide, type OperatorRow } from '../operator.js';
import { numberList, numberRange, oneNumber } from '../value-shapes.js';
import { compare, type Quantity } from '../../exact.js';
import { sql, type Sql } from '../../sql.js';

/** A plain number, or a sum or average that is compared exactly. */
type Figure = number | Quantity;

const types = ['number'] as const;
const double = (value: number): Sql => sql`${value}::float8`;

/** The other side of the comparison: a double, unless the left side says how it is exact. */
function given(value: number, { right = double }: LeftSide): Sql {
  return right(value);
}

interface Comparison {
  readonly name: string;
  readonly label: string;
  readonly words: string;
  readonly sign: Sql;
  readonly holds: (order: number) => boolean;
  readonly examples: OperatorRow<number, Figure>['examples'];
}

function comparison({ name, label, words, sign, holds, examples }: Comparison): OperatorRow<number, Figure> {
  return defineOperator<number, Figure>({
    name, types, value: oneNumber, label,
    sql: (x, v, left) => sql`(${x} ${sign} ${given(v, left)})`,
    holds: (x, v) => holds(compare(x, v)),
    say: (v) => `${words} ${v}`,
    examples,
  });
}

export const equals = comparison({
  name: 'equals', label: 'is', words: 'is', sign: sql`=`, holds: (order) => order === 0,
  examples: [[0, 0, true], [0.1, 0.1, true], [1, 1.5, false], [0, -0, true]],
});
export const notEquals = complement('not_equals', equals, 'is not', (v) => `is not ${v}`);
export const greaterThan = comparison({
  name: 'greater_than', label: 'is greater than', words: 'is greater than', sign: sql`>`, holds: (order) => order > 0,
  examples: [[5, 4, true], [5, 5, false], [-1, 0, false]],
});
export const greaterOrEqual = comparison({
  name: 'greater_or_equal', label: 'is at least', words: 'is at least', sign: sql`>=`, holds: (order) => order >= 0,
  examples: [[5, 5, true], [4.999, 5, false]],
});
export const lessThan = comparison({
  name: 'less_than', label: 'is less than', words: 'is less than', sign: sql`<`, holds: (order) => order < 0,
  examples: [[4, 5, true], [5, 5, false]],
});
export const lessOrEqual = comparison({
  name: 'less_or_equal', label: 'is at most', words: 'is at most', sign: sql`<=`, holds: (order) => order <= 0,
  examples: [[5, 5, true], [5.001, 5, false]],
});

export const between = defineOperator<[number, number], Figure>({
  name: 'between', types, value: numberRange, label: 'is between',
  sql: (x, [min, max], left) => sql`(${x} between ${given(min, left)} and ${given(max, left)})`,
  holds: (x, [min, max]) => compare(x, min) >= 0 && compare(x, max) <= 0,
  say: ([min, max]) => `is between ${min} and ${max}`,
  examples: [[80, [80, 100], true], [100, [80, 100], true], [79.9, [80, 100], false], [100.1, [80, 100], false]],
});
export const notBetween =
  complement('not_between', between, 'is not between', ([min, max]) => `is not between ${min} and ${max}`);

export const isIn = defineOperator<number[], Figure>({
  name: 'in', types, value: numberList, label: 'is one of',
  sql: (x, v, left) => left.right === undefined
    ? sql`(${x} = any(${v}::float8[]))`
    : sql`(${x} = any(${v}::numeric[]))`,
  holds: (x, v) => v.some((value) => compare(x, value) === 0),
  say: (v) => `is one of ${v.join(', ')}`,
  examples: [[2, [1, 2], true], [3, [1, 2], false]],
});
export const notIn = complement('not_in', isIn, 'is none of', (v) => `is none of ${v.join(', ')}`);
