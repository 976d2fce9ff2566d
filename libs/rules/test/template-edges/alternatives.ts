import type {
  ConditionDefinition, EventConditionDefinition, EventFilterDefinition, FieldConditionDefinition, GroupDefinition, NumberTestDefinition,
  SegmentConditionDefinition, Unit,
} from '../../src/definition.js';
import { eventRows } from '../../src/registry/events.js';
import { findField, knownFields } from '../../src/registry/fields.js';
import { propertyRows } from '../../src/registry/properties.js';
import type { ValueType } from '../../src/rule.js';
import { segmentIds, vocabulary } from './tenant.js';

/** What might stand in the place of a condition by mistake. */
export type Alternative = readonly [what: string, to: ConditionDefinition | GroupDefinition];

type Test = Pick<FieldConditionDefinition, 'operator' | 'value'>;
type OtherTest = readonly [what: string, test: Test];

export function alternatives(condition: ConditionDefinition): Alternative[] {
  if ('field' in condition) return fieldAlternatives(condition);
  if ('event' in condition) return eventAlternatives(condition);
  if ('segment' in condition) return segmentAlternatives(condition);
  throw new Error('No template asks for a random share.');
}

function segmentAlternatives({ segment, operator }: SegmentConditionDefinition): Alternative[] {
  const twin = operator === 'in' ? 'not_in' : 'in';
  const others = [...segmentIds].filter(([, id]) => id !== segment);
  return [[twin, { segment, operator: twin }], ...others.map(([name, id]): Alternative => [name, { segment: id, operator }])];
}

/** Every other field of its type, and every other test of it. */
function fieldAlternatives({ field, operator, value }: FieldConditionDefinition): Alternative[] {
  const { ref: { type }, options } = findField(field, vocabulary)!;
  // A field with a closed list of its own would refuse the value.
  const others = knownFields(vocabulary).filter((other) => other.ref.type === type && other.options === null && other.ref.name !== field);
  return [
    ...others.map(({ ref: { name } }): Alternative => [name, { field: name, operator, value }]),
    ...otherTests(type, { operator, value }, options, field.startsWith('engagement.'))
      .map(([what, test]): Alternative => [what, { field, ...test }]),
    ...(Array.isArray(value) && operator === 'between' ? openEnds(field, value) : []),
  ];
}

/** The same range without its ends. */
function openEnds(field: string, [min, max]: readonly unknown[]): Alternative[] {
  const days = typeof min !== 'number';
  const [above, below, atLeast, atMost] = days ? ['after', 'before', 'on_or_after', 'on_or_before'] : ['greater_than', 'less_than', 'greater_or_equal', 'less_or_equal'];
  const both = (low: string, high: string): GroupDefinition => ({
    match: 'all', conditions: [{ field, operator: low, value: min }, { field, operator: high, value: max }],
  });
  return [
    ['without its lower end', both(above, atMost)], ['without its upper end', both(atLeast, below)],
    ['from its lower end on', { field, operator: atLeast, value: min }], ['up to its upper end', { field, operator: atMost, value: max }],
  ];
}

function otherTests(type: ValueType, { operator, value }: Test, options: readonly string[] | null, whole: boolean): OtherTest[] {
  switch (type) {
    case 'string': return textTests(operator, value, options);
    case 'number': return numberTests(operator, value, whole);
    case 'boolean': return [...withOperators(operator === 'equals' ? ['not_equals'] : ['equals'], value), [`${operator} ${!(value as boolean)}`, { operator, value: value !== true }]];
    case 'array': return arrayTests(operator, value, options);
    default: return dateTests(operator, value);
  }
}

const withOperators = (operators: readonly string[], value: unknown): OtherTest[] =>
  operators.map((operator) => [operator, { operator, value }]);

/** Each element left out, and each option that could have been in. */
function otherLists(operator: string, list: readonly string[], options: readonly string[] | null): OtherTest[] {
  const without = list.map((left): OtherTest => [`without ${left}`, { operator, value: list.filter((item) => item !== left) }]);
  const added = (options ?? []).filter((option) => !list.includes(option));
  return [
    ...(list.length > 1 ? without : []),
    ...added.map((option): OtherTest => [`with ${option}`, { operator, value: [...list, option] }]),
  ];
}

function textTests(operator: string, value: unknown, options: readonly string[] | null): OtherTest[] {
  if (Array.isArray(value)) return [...withOperators([operator === 'in' ? 'not_in' : 'in'], value), ...otherLists(operator, value as string[], options)];
  const text = value as string;
  const cut = options !== null
    ? options.filter((option) => option !== text)
    : [text.slice(1), text.slice(0, -1), `${text}x`];
  const neighbours = options !== null ? ['not_equals'] : ['equals', 'not_equals', 'contains', 'not_contains', 'starts_with', 'ends_with'];
  return [
    ...withOperators(neighbours.filter((neighbour) => neighbour !== operator), value),
    ...cut.map((other): OtherTest => [`${operator} “${other}”`, { operator, value: other }]),
  ];
}

const NUMBER_NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  equals: ['not_equals', 'greater_or_equal', 'less_or_equal'],
  greater_than: ['greater_or_equal', 'less_or_equal', 'equals'],
  greater_or_equal: ['greater_than', 'less_than', 'equals'],
  less_than: ['less_or_equal', 'greater_or_equal', 'equals'],
  less_or_equal: ['less_than', 'greater_than', 'equals'],
  between: ['not_between'],
};

/** Whole numbers by one; numbers that may have fractions also by the hundredth. */
function numberTests(operator: string, value: unknown, whole: boolean): OtherTest[] {
  const steps = whole ? [-1, 1] : [-1, -0.01, 0.01, 1];
  const moved = Array.isArray(value)
    ? [0, 1].flatMap((end) => steps.map((step) => (value as number[]).map((bound, index) => (index === end ? bound + step : bound))))
    : steps.map((step) => (value as number) + step);
  return [
    ...withOperators(NUMBER_NEIGHBOURS[operator]!, value),
    ...moved.map((other): OtherTest => [`${operator} ${JSON.stringify(other)}`, { operator, value: other }]),
  ];
}

function arrayTests(operator: string, value: unknown, options: readonly string[] | null): OtherTest[] {
  const neighbours = Array.isArray(value) ? ['contains_any', 'contains_all', 'contains_none'] : ['not_contains'];
  const different = neighbours.filter((neighbour) => neighbour !== operator);
  return [...withOperators(different, value), ...(Array.isArray(value) ? otherLists(operator, value as string[], options) : [])];
}

interface Length { readonly amount: number; readonly unit: Unit }

const otherUnits = (unit: Unit): Unit[] => (['weeks', 'months', 'years'] as const).filter((other) => other !== unit);

function otherLengths({ amount, unit }: Length): Length[] {
  return [{ amount: amount - 1, unit }, { amount: amount + 1, unit }, ...otherUnits(unit).map((other) => ({ amount, unit: other }))];
}

/** A test by a distance with the edge on its other side, the other directions, and other distances. */
function dateTests(operator: string, value: unknown): OtherTest[] {
  if (operator === 'is_not_set') return [['is_set', { operator: 'is_set' }]];
  if (operator === 'anniversary') return ['today', { within_next: 30 }, { in_days: 0 }].map((other) => [`anniversary ${JSON.stringify(other)}`, { operator, value: other }]);
  if (operator === 'between') return [...withOperators(['not_between'], value), ...otherEnds(value as [object, { fromNow: number; unit: Unit }])];
  const { amount, unit } = value as Length;
  const ago = { ago: amount, unit };
  const fromNow = { fromNow: amount, unit };
  const neighbours: Readonly<Record<string, readonly OtherTest[]>> = {
    within_last: [['after n ago', { operator: 'after', value: ago }], ['on or after n ago', { operator: 'on_or_after', value: ago }],
      ['after n ago, before now', { operator: 'between', value: [ago, { ago: 1, unit }] }]],
    more_than_ago: [['on or before n ago', { operator: 'on_or_before', value: ago }]],
    within_next: [['before n from now', { operator: 'before', value: fromNow }], ['on or before n from now', { operator: 'on_or_before', value: fromNow }]],
  };
  return [
    ...neighbours[operator]!,
    ...withOperators(['within_last', 'more_than_ago', 'within_next', 'more_than_from_now'].filter((other) => other !== operator), value),
    ...otherLengths({ amount, unit }).map((other): OtherTest => [`${operator} ${other.amount} ${other.unit}`, { operator, value: other }]),
  ];
}

function otherEnds([from, to]: readonly [object, { readonly fromNow: number; readonly unit: Unit }]): OtherTest[] {
  const ranges = [
    [{ ...from, plus: -1, unit: 'days' }, to], [{ ...from, plus: 1, unit: 'days' }, to],
    ...otherLengths({ amount: to.fromNow, unit: to.unit }).map(({ amount, unit }) => [from, { fromNow: amount, unit }]),
  ];
  return ranges.map((value) => [`between ${JSON.stringify(value)}`, { operator: 'between', value }]);
}

const countsAny = (count: NumberTestDefinition | undefined): boolean => (count?.value ?? 1) === 0 || (count?.value ?? 1) === 1;

function eventAlternatives(condition: EventConditionDefinition): Alternative[] {
  const { event, count, window, where } = condition;
  const other = (what: string, changes: Partial<EventConditionDefinition>): Alternative => [what, { ...condition, ...changes }];
  const types = eventRows.map(({ key }) => key).filter((key) => key !== event);
  return [
    ...types.flatMap((type) => [other(type, { event: type }), other(`${type} too`, { event: [event as string, type] })]),
    ...numberTests(count?.operator ?? 'greater_or_equal', count?.value ?? 1, true).map(([what, test]) => other(`count ${what}`, { count: test as NumberTestDefinition })),
    // Whether there are any is the same whichever way they are counted, and of no filters whichever of them is looked at.
    ...(countsAny(count) ? [] : [other('in days', { measure: 'distinct_days' }), other('in campaigns', { measure: 'distinct_campaigns' })]),
    ...(countsAny(count) && (where ?? []).length === 0 ? [] : [other('the first', { pick: 'first' }), other('the latest', { pick: 'latest' })]),
    ...windowAlternatives(window).map(([what, changed]) => other(what, { window: changed })),
    ...whereAlternatives(where ?? []).map(([what, changes]) => other(what, changes)),
  ];
}

type Window = EventConditionDefinition['window'];

function windowAlternatives(window: Window): (readonly [string, Window])[] {
  if (window === undefined) return [['of the last year', { last: 1, unit: 'years' }]];
  const any = ['of any time', undefined] as const;
  if ('last' in window) {
    const { last, unit } = window;
    return [any, ['older', { olderThan: last, unit }], ...otherLengths({ amount: last, unit }).map(({ amount, unit: by }) => [`${amount} ${by}`, { last: amount, unit: by }] as const)];
  }
  if (!('olderThan' in window)) throw new Error('No template has a window of two ends.');
  const { olderThan, unit } = window;
  return [
    any, ['newer', { last: olderThan, unit }], ['with its end', { to: { ago: olderThan, unit } }],
    ...otherLengths({ amount: olderThan, unit }).map(({ amount, unit: by }) => [`${amount} ${by}`, { olderThan: amount, unit: by }] as const),
  ];
}

function whereAlternatives(where: readonly EventFilterDefinition[]): (readonly [string, Partial<EventConditionDefinition>])[] {
  const filters = where.flatMap((filter, index) => {
    const replaced = (what: string, ...by: EventFilterDefinition[]) => [`filter ${index} ${what}`, { where: where.toSpliced(index, 1, ...by) }] as const;
    const properties = propertyRows.filter(({ name, type }) => type === 'string' && name !== filter.property);
    return [
      replaced('dropped'),
      ...properties.map(({ name }) => replaced(name, { ...filter, property: name })),
      ...textTests(filter.operator, filter.value, null).map(([what, test]) => replaced(what, { ...filter, ...test })),
    ];
  });
  return [...filters, ...(where.length > 1 ? [['any of the filters', { whereMatch: 'any' }] as const] : [])];
}
