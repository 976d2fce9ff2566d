import { type eventConditionKeys, measureFunctions, numberOperators, plainMeasures } from '../parse/event-condition.js';
import { MAX_SALT_LENGTH } from '../limits.js';
import { knownEvents } from '../registry/events.js';
import { knownFields } from '../registry/fields.js';
import type { OperatorRow } from '../registry/operator.js';
import { operatorAliases, operatorsFor } from '../registry/operators/index.js';
import { OWN_PREFIX, ownPropertyTypes, propertyRows } from '../registry/properties.js';
import { numberRange, oneNumber, period } from '../registry/value-shapes.js';
import { instantSchema, lengthSchema } from '../registry/value-shapes-time.js';
import type { ValueType } from '../rule.js';
import type { Vocabulary } from '../vocabulary.js';

type Schema = Readonly<Record<string, unknown>>;

/** Names for one thing that a test may be of: a field or an event property. */
interface Named {
  readonly key: 'field' | 'property';
  readonly name: Schema;
  readonly type: ValueType;
  /** What else the object may have. */
  readonly more: Readonly<Record<string, Schema>>;
}

const allOrAny: Schema = { enum: ['all', 'any'] };
const ownProperty: Schema = { type: 'string', pattern: `^${OWN_PREFIX.replace('.', '\\.')}[\\s\\S]` };

/**
 * The JSON Schema (2020-12) of a definition with the tenant's own fields and event types. Everything that `parse`
 * accepts is valid by it; what compares two values (min and max), closed lists and limits across the whole are beyond it.
 */
export function jsonSchema(vocabulary: Vocabulary): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'SegmentDefinition',
    ...closed({
      version: { const: 1 },
      timezone: { type: 'string', default: 'UTC' },
      match: allOrAny,
      groups: { type: 'array', items: definitionOf('group') },
      exclusions: { type: 'array', items: definitionOf('group') },
    }, ['match', 'groups']),
    $defs: {
      group: closed({
        match: allOrAny,
        negate: { type: 'boolean', default: false },
        conditions: { type: 'array', items: { anyOf: ['condition', 'group'].map(definitionOf) } },
      }, ['match', 'conditions']),
      condition: { anyOf: ['fieldCondition', 'eventCondition', 'segmentCondition', 'randomCondition'].map(definitionOf) },
      fieldCondition: { anyOf: fieldTests(vocabulary) },
      eventCondition: eventCondition(vocabulary),
      eventFilter: { anyOf: filterTests() },
      measure: measure(),
      window: windowSchema(),
      segmentCondition: closed({ segment: { type: 'string', format: 'uuid' }, operator: { enum: ['in', 'not_in'] } }, ['segment', 'operator']),
      randomCondition: closed({
        random: closed({
          salt: { type: 'string', minLength: 1, maxLength: MAX_SALT_LENGTH },
          from: { type: 'number', minimum: 0, exclusiveMaximum: 100 },
          to: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
        }, ['salt', 'from', 'to']),
      }, ['random']),
      ...valueShapes(),
    },
  };
}

function closed(properties: Readonly<Record<string, unknown>>, required: readonly string[]): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function definitionOf(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

const allTypes: readonly ValueType[] = ['string', 'number', 'boolean', 'date', 'datetime', 'array'];

function shapeName(row: OperatorRow, type: ValueType): string {
  return type === 'date' ? `${row.value.name}OfDays` : row.value.name;
}

function valueShapes(): Record<string, object> {
  const shapes: Record<string, object> = {};
  for (const type of allTypes) {
    for (const row of operatorsFor(type)) shapes[shapeName(row, type)] = row.value.schema(type === 'date');
  }
  return shapes;
}

/** One branch for each shape of value, with the operators that take it. */
function testsOf({ key, name, type, more }: Named): Schema[] {
  const operatorsByShape = new Map<string, string[]>();
  for (const row of operatorsFor(type)) {
    const shape = shapeName(row, type);
    const aliases = Object.entries(operatorAliases[type] ?? {}).filter(([, real]) => real === row.name).map(([alias]) => alias);
    operatorsByShape.set(shape, [...(operatorsByShape.get(shape) ?? []), row.name, ...aliases]);
  }
  return [...operatorsByShape].map(([shape, operators]) => closed(
    { [key]: name, operator: { enum: operators }, value: definitionOf(shape), ...more },
    shape.startsWith('none') ? [key, 'operator'] : [key, 'operator', 'value'],
  ));
}

function fieldTests(vocabulary: Vocabulary): Schema[] {
  const fields = knownFields(vocabulary).map(({ ref }) => ref);
  return allTypes.flatMap((type) => {
    const names = fields.filter((field) => field.type === type).map((field) => field.name);
    return names.length === 0 ? [] : testsOf({ key: 'field', name: { enum: names }, type, more: { dataType: { const: type } } });
  });
}

function filterTests(): Schema[] {
  const known = (['string', 'number'] as const).flatMap((type) => {
    const names = propertyRows.filter((row) => row.type === type).map((row) => row.name);
    return testsOf({ key: 'property', name: { enum: names }, type, more: {} });
  });
  return [...known, ...ownPropertyTypes.flatMap((type) => testsOf({ key: 'property', name: ownProperty, type, more: {} }))];
}

function eventCondition(vocabulary: Vocabulary): Schema {
  const event = { enum: knownEvents(vocabulary).map(({ key }) => key) };
  const single = numberOperators.filter((operator) => operator !== 'between');
  const members: Record<(typeof eventConditionKeys)[number], Schema> = {
    event: { anyOf: [event, { type: 'array', items: event, minItems: 1 }] },
    count: {
      anyOf: [
        closed({ operator: { enum: single }, value: oneNumber.schema(false) }, ['operator', 'value']),
        closed({ operator: { const: 'between' }, value: numberRange.schema(false) }, ['operator', 'value']),
      ],
      default: { operator: 'greater_or_equal', value: 1 },
    },
    measure: definitionOf('measure'),
    window: definitionOf('window'),
    pick: { enum: ['all', 'first', 'latest'], default: 'all' },
    where: { type: 'array', items: definitionOf('eventFilter') },
    whereMatch: { ...allOrAny, default: 'all' },
  };
  return closed(members, ['event']);
}

function measure(): Schema {
  const text = propertyRows.filter((row) => row.type === 'string').map((row) => row.name);
  const number = propertyRows.filter((row) => row.type === 'number').map((row) => row.name);
  return {
    anyOf: [
      { enum: plainMeasures },
      closed({ fn: { enum: measureFunctions }, property: { anyOf: [{ enum: number }, ownProperty] } }, ['fn', 'property']),
      closed({ fn: { const: 'distinct' }, property: { enum: text } }, ['fn', 'property']),
    ],
    default: 'count',
  };
}

function windowSchema(): Schema {
  const end = { anyOf: [instantSchema, lengthSchema('ago', false)] };
  return {
    anyOf: [
      lengthSchema('last', false),
      lengthSchema('olderThan', false),
      { ...closed({ from: end, to: end }, []), minProperties: 1 },
      closed({ during: period.schema(false) }, ['during']),
    ],
  };
}
