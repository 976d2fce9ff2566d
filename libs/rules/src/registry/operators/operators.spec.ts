import type { Fault } from '../../faults.js';
import { fieldRows } from '../fields.js';
import { defineOperator, defineTimeOperator, type Moment, type OperatorRow } from '../operator.js';
import { operatorOf, operators, operatorsFor } from './index.js';

const moment: Moment = { asOf: Date.parse('2026-03-15T12:00:00Z'), timezone: 'UTC' };

const examples = operators.flatMap((row) => row.types.flatMap((type) =>
  row.examples.map(([x, json, expected]) => ({ row, type, name: row.name, x, json, expected }))));

describe('an operator', () => {
  it.each(examples)('$type $name of $x against $json is $expected', ({ row, type, x, json, expected }) => {
    const faults: Fault[] = [];
    const value = row.value.read(json, '/value', { timezone: 'UTC', dateField: type === 'date' }, faults);
    expect(faults).toEqual([]);
    expect(row.holds(x, value, moment)).toBe(expected);
  });

  it('has an example of either verdict, unless it is about presence', () => {
    const poor = operators.filter((row) => row.value.name !== 'none')
      .filter((row) => ![true, false].every((verdict) => row.examples.some(([, , expected]) => expected === verdict)));
    expect(poor.map(({ name }) => name)).toEqual([]);
  });

  it('that looks at the moment says where its verdict may change, or does not compile', () => {
    const { sql, holds, timeDependent, edges, ...row } = operatorOf('datetime', 'within_last')! as OperatorRow & { edges: object };
    // @ts-expect-error: of time, and without edges.
    defineTimeOperator({ ...row, sql, holds });
    // @ts-expect-error: of no time, and yet it is told of the moment.
    defineOperator({ ...row, sql: (x) => x, holds: (_x: unknown, _v: unknown, { asOf }: Moment) => asOf > 0 });
    // @ts-expect-error: the same in SQL.
    defineOperator({ ...row, sql: (x, _v, { asOf }) => (asOf > 0 ? x : x), holds: () => true });
    expect([timeDependent, edges]).toEqual([expect.any(Function), expect.any(Function)]);
  });

  it('is negative only as the complement of a positive one', () => {
    const negatives = operators.filter(({ name }) => /(^|_)not_|_none$/.test(name));
    expect(negatives.every(({ negative, positive }) => negative === true && positive !== undefined)).toBe(true);
    expect(operators.filter(({ negative }) => negative === true)).toEqual(negatives);
  });
});

describe('a moment of the latest event', () => {
  it('names the types of event that it is of, by which time finds whom it moves', () => {
    const moments = fieldRows.filter(({ source, type }) => source === 'engagement' && type === 'datetime');
    expect(moments.map(({ latestOf }) => latestOf?.length ?? 0)).toEqual([1, 1, 1, 1, 4]);
  });
});

describe('the table of operators', () => {
  it('has the operators of every type as the rule language lists them', () => {
    const ofTime = [
      'before', 'after', 'on_or_before', 'on_or_after', 'on', 'between', 'not_between', 'within_last', 'more_than_ago',
      'within_next', 'more_than_from_now', 'during', 'anniversary', 'is_set', 'is_not_set',
    ];
    const listed = {
      string: [
        'equals', 'not_equals', 'contains', 'not_contains', 'starts_with', 'not_starts_with', 'ends_with', 'not_ends_with',
        'in', 'not_in', 'is_set', 'is_not_set',
      ],
      number: [
        'equals', 'not_equals', 'greater_than', 'greater_or_equal', 'less_than', 'less_or_equal', 'between', 'not_between',
        'in', 'not_in', 'is_set', 'is_not_set',
      ],
      boolean: ['equals', 'not_equals', 'is_set', 'is_not_set'],
      date: ofTime,
      datetime: ofTime,
      array: ['contains', 'not_contains', 'contains_any', 'contains_all', 'contains_none', 'is_set', 'is_not_set'],
    } as const;
    for (const [type, names] of Object.entries(listed) as [keyof typeof listed, readonly string[]][]) {
      expect(operatorsFor(type).map(({ name }) => name)).toEqual(names);
    }
  });

  it('takes less_than and greater_than of dates for before and after', () => {
    expect(operatorOf('date', 'less_than')?.name).toBe('before');
    expect(operatorOf('datetime', 'greater_than')?.name).toBe('after');
    expect(operatorOf('number', 'less_than')?.name).toBe('less_than');
    expect(operatorOf('string', 'less_than')).toBeUndefined();
    expect(operatorOf('date', 'constructor')).toBeUndefined();
  });
});
