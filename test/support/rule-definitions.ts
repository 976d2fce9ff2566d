import fc, { type Arbitrary } from 'fast-check';
import {
  fieldRows, operatorsFor, periods, propertyRows, type ConditionDefinition, type CustomFieldType, type GroupDefinition, type OperatorRow,
  type SegmentDefinition, type ValueType, type Vocabulary,
} from '#rules';
import {
  amounts, campaignIds, campaigns, customFieldIds, days, eventTypes, instants, numbers, options, ownEventType, ownKeys, revenues,
  segmentIds, statuses, texts, zones,
} from './worlds.js';

const customTypes = {
  text: 'string', number: 'number', boolean: 'boolean', date: 'date', datetime: 'datetime', select: 'string', multi_select: 'array',
  other_date: 'date', other_datetime: 'datetime',
} as const;

/** The tenant's part of the registry; the segments' rules are drawn with each world. */
export function vocabularyWith(pinned: SegmentDefinition, nested: SegmentDefinition): Vocabulary {
  return {
    customFields: (Object.keys(customTypes) as (keyof typeof customTypes)[]).map((key) => ({
      id: customFieldIds[key], key, label: key, type: key.replace('other_', '') as CustomFieldType, options: key.endsWith('select') ? options : [],
    })),
    eventTypes: [{ id: ownEventType, key: 'own', label: 'Own', properties: { plan: 'string', amount: 'number', flag: 'boolean' } }],
    segments: new Map([
      [segmentIds.list, { id: segmentIds.list, name: 'list', type: 'static', definition: null }],
      [segmentIds.pinned, { id: segmentIds.pinned, name: 'pinned', type: 'dynamic', definition: pinned }],
      [segmentIds.nested, { id: segmentIds.nested, name: 'nested', type: 'dynamic', definition: nested }],
    ]),
  };
}

const pools: readonly string[] = [
  ...texts, ...campaignIds, ...campaigns.map(({ name }) => name), 'example.com', 'É.org', 'mobile', 'MOBILE', 'product',
].filter((value) => value !== '');

/** Whole values, parts of them and other spellings, so that tests hit as often as they miss. */
const oneText = fc.tuple(fc.constantFrom(...pools), fc.nat(3), fc.nat(3), fc.nat(3)).map(([value, start, end, spelling]) => {
  const points = Array.from(value);
  const part = spelling === 0 ? points.slice(start, points.length - end).join('') || value : value;
  return [part, part.toUpperCase(), part.toLowerCase(), value][spelling]!;
});
const oneNumber = fc.constantFrom(...numbers, ...revenues, 9, 12, 23);
const numberRange = fc.tuple(oneNumber, oneNumber).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
const dayAmounts = amounts.filter(({ unit }) => unit !== 'hours' && unit !== 'minutes');

function point(asOf: number, dateField: boolean): Arbitrary<unknown> {
  const lengths = fc.constantFrom(...(dateField ? dayAmounts : amounts));
  return fc.oneof(
    days(asOf),
    instants(asOf).map((at) => new Date(at).toISOString()),
    fc.constantFrom({ relative: 'now' }, { relative: 'today' }),
    fc.tuple(fc.constantFrom(...dayAmounts), fc.constantFrom(-1, 1))
      .map(([{ amount, unit }, sign]) => ({ relative: 'today', plus: sign * amount, unit })),
    lengths.map(({ amount, unit }) => ({ ago: amount, unit })),
    lengths.map(({ amount, unit }) => ({ fromNow: amount, unit })),
  );
}

/** A value of a shape, as JSON. */
function valueOf(shape: string, asOf: number, dateField: boolean): Arbitrary<unknown> {
  switch (shape) {
    case 'oneText': return oneText;
    case 'textList': return fc.array(oneText, { minLength: 1, maxLength: 4 });
    case 'oneNumber': return oneNumber;
    case 'numberRange': return numberRange;
    case 'numberList': return fc.array(oneNumber, { minLength: 1, maxLength: 4 });
    case 'oneBoolean': return fc.boolean();
    case 'point': return point(asOf, dateField);
    case 'pointRange': return fc.tuple(point(asOf, dateField), point(asOf, dateField));
    case 'amount': return fc.constantFrom(...(dateField ? dayAmounts : amounts));
    case 'period': return fc.constantFrom(...periods);
    case 'anniversary': return fc.oneof(
      fc.constantFrom('today', 'this_month'),
      fc.record({ within_next: fc.constantFrom(0, 1, 7, 30, 365, 366) }),
      fc.record({ in_days: fc.constantFrom(0, 1, 7, 365, 366) }));
    case 'none': return fc.constant(undefined);
    default: throw new Error(`No values are drawn for the shape ${shape}.`);
  }
}

function test(type: ValueType, asOf: number, closed: readonly string[] | null): Arbitrary<{ operator: string; value?: unknown }> {
  const listed = ['equals', 'not_equals', 'in', 'not_in', 'contains', 'not_contains', 'contains_any', 'contains_all', 'contains_none'];
  const valued = (row: OperatorRow): Arbitrary<unknown> => {
    if (closed === null || !listed.includes(row.name)) return valueOf(row.value.name, asOf, type === 'date');
    return row.value.name === 'oneText' ? fc.constantFrom(...closed) : fc.subarray([...closed], { minLength: 1 });
  };
  return fc.oneof(...operatorsFor(type).map((row) =>
    valued(row).map((value) => (value === undefined ? { operator: row.name } : { operator: row.name, value }))));
}

const fields: readonly { name: string; type: ValueType; closed: readonly string[] | null }[] = [
  ...fieldRows.map(({ name, type }) => ({ name, type, closed: name === 'contact.subscription_status' ? statuses : null })),
  ...Object.entries(customTypes).map(([key, type]) => ({
    name: `customField.${key}`, type, closed: key === 'select' || (key === 'multi_select') ? options : null,
  })),
];

export function fieldCondition(asOf: number): Arbitrary<ConditionDefinition> {
  return conditionOn(fields, asOf);
}

/** One on a custom date or instant. */
export function dateCondition(asOf: number): Arbitrary<ConditionDefinition> {
  return conditionOn(fields.filter(({ name, type }) => name.startsWith('customField.') && (type === 'date' || type === 'datetime')), asOf);
}

function conditionOn(among: typeof fields, asOf: number): Arbitrary<ConditionDefinition> {
  return fc.constantFrom(...among).chain(({ name, type, closed }) =>
    test(type, asOf, closed).map((drawn) => ({ field: name, ...drawn })));
}

const numberTest = fc.oneof(
  fc.record({
    operator: fc.constantFrom('equals', 'not_equals', 'greater_than', 'greater_or_equal', 'less_than', 'less_or_equal'),
    value: fc.oneof(fc.constantFrom(0, 1, 2, 3), oneNumber),
  }),
  numberRange.map((value) => ({ operator: 'between', value })));

function windowOf(asOf: number): Arbitrary<unknown> {
  const end = fc.oneof(
    instants(asOf).map((at) => new Date(at).toISOString()), fc.constantFrom(...amounts).map(({ amount, unit }) => ({ ago: amount, unit })));
  return fc.oneof(
    fc.constantFrom(...amounts).map(({ amount, unit }) => ({ last: amount, unit })),
    fc.constantFrom(...amounts).map(({ amount, unit }) => ({ olderThan: amount, unit })),
    fc.oneof(fc.record({ from: end }), fc.record({ to: end }), fc.record({ from: end, to: end })),
    fc.constantFrom(...periods).map((during) => ({ during })));
}

const ownProperties = ownKeys.map((key) => `properties.${key}`);

function filter(asOf: number): Arbitrary<unknown> {
  const known = fc.constantFrom(...propertyRows).chain(({ name, type }) => test(type, asOf, null).map((drawn) => ({ property: name, ...drawn })));
  const own = fc.tuple(fc.constantFrom(...ownProperties), fc.constantFrom('string' as const, 'number' as const, 'boolean' as const))
    .chain(([property, type]) => test(type, asOf, null).map((drawn) => ({ property, ...drawn })));
  return fc.oneof(known, own);
}

const measure = fc.oneof(
  fc.constantFrom('count', 'revenue', 'distinct_campaigns', 'distinct_days', 'distinct_days'),
  fc.record({ fn: fc.constantFrom('sum', 'avg', 'min', 'max', 'distinct'), property: fc.constantFrom('revenue', 'hour', 'weekday', ...ownProperties) }),
  fc.record({ fn: fc.constant('distinct'), property: fc.constantFrom('campaign.id', 'campaign.name', 'url', 'device') }));

/** Sums and averages of tenths, which doubles round. */
const exactSum = fc.record({
  event: fc.uniqueArray(fc.constantFrom(...eventTypes, 'own'), { minLength: 1, maxLength: 6 }),
  measure: fc.oneof(
    fc.constant('revenue'),
    fc.record({ fn: fc.constantFrom('sum', 'avg'), property: fc.constantFrom('revenue', 'properties.amount') })),
  count: fc.record({
    operator: fc.constantFrom('equals', 'not_equals', 'greater_than', 'less_than', 'less_or_equal'),
    value: fc.constantFrom(0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7),
  }),
}) as Arbitrary<ConditionDefinition>;

const campaignName = fc.record({
  event: fc.uniqueArray(fc.constantFrom(...eventTypes), { minLength: 1, maxLength: 6 }),
  where: fc.record({
    property: fc.constant('campaign.name'), operator: fc.constantFrom('equals', 'not_equals', 'contains', 'starts_with'),
    value: fc.constantFrom(...campaigns.map(({ name }) => name), 'PRODUCT', '%'),
  }).map((only) => [only]),
}) as Arbitrary<ConditionDefinition>;

export function eventCondition(asOf: number): Arbitrary<ConditionDefinition> {
  return fc.oneof(
    { weight: 6, arbitrary: anyEventCondition(asOf) }, { weight: 1, arbitrary: exactSum }, { weight: 1, arbitrary: campaignName });
}

function anyEventCondition(asOf: number): Arbitrary<ConditionDefinition> {
  const types = [...eventTypes, 'opened', 'clicked', 'own', 'own'];
  return fc.record({
    event: fc.oneof(fc.constantFrom(...types), fc.uniqueArray(fc.constantFrom(...types), { minLength: 1, maxLength: 6 })),
    count: numberTest,
    measure,
    window: windowOf(asOf),
    pick: fc.constantFrom('all', 'first', 'latest'),
    where: fc.array(filter(asOf), { maxLength: 2 }),
    whereMatch: fc.constantFrom('all', 'any'),
  }, { requiredKeys: ['event'] }) as Arbitrary<ConditionDefinition>;
}

const random: Arbitrary<ConditionDefinition> = fc.record({
  random: fc.tuple(fc.constantFrom('a', 'Salt:é', '%'), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 40 }))
    .map(([salt, from, size]) => ({ salt, from: from + 0.5, to: from + size })),
});

function segmentCondition(ids: readonly string[]): Arbitrary<ConditionDefinition> {
  return fc.record({ segment: fc.constantFrom(...ids), operator: fc.constantFrom('in' as const, 'not_in' as const) });
}

function condition(asOf: number, segments: readonly string[]): Arbitrary<ConditionDefinition> {
  return fc.oneof(
    { weight: 6, arbitrary: fieldCondition(asOf) }, { weight: 6, arbitrary: eventCondition(asOf) }, { weight: 1, arbitrary: random },
    ...(segments.length === 0 ? [] : [{ weight: 2, arbitrary: segmentCondition(segments) }]));
}

function group(asOf: number, segments: readonly string[], depth: number): Arbitrary<GroupDefinition> {
  const nodes = depth === 0
    ? condition(asOf, segments)
    : fc.oneof({ weight: 4, arbitrary: condition(asOf, segments) }, { weight: 1, arbitrary: group(asOf, segments, depth - 1) });
  return fc.record({
    match: fc.constantFrom('all' as const, 'any' as const),
    negate: fc.boolean(),
    conditions: fc.array(nodes, { maxLength: 3 }),
  }, { requiredKeys: ['match', 'conditions'] });
}

/** Any definition over the worlds of this `asOf`, now and then one that `parse` refuses. */
export function definition(asOf: number, segments: readonly string[]): Arbitrary<SegmentDefinition> {
  return fc.record({
    timezone: fc.constantFrom(...zones),
    match: fc.constantFrom('all' as const, 'any' as const),
    groups: fc.array(group(asOf, segments, 2), { maxLength: 3 }),
    exclusions: fc.array(group(asOf, segments, 1), { maxLength: 1 }),
  }, { requiredKeys: ['timezone', 'match', 'groups'] });
}
