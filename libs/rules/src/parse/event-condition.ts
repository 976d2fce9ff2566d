import { pointerTo } from '#kernel';
import type { NumberOperator } from '../definition.js';
import { isObject, member, rejectUnknownKeys, type JsonObject } from '../json.js';
import { findEvent, knownEvents, type KnownEvent } from '../registry/events.js';
import { findProperty, OWN_PREFIX, ownPropertyTypes, propertyRows } from '../registry/properties.js';
import { isLonger, isUnstorable, MAX_TEXT_LENGTH, readNumber, readNumberRange } from '../registry/value-shapes.js';
import type { EventCondition, EventFilter, Measure, NumberTest, PropertyRef } from '../rule.js';
import type { EventTypeTerm } from '../vocabulary.js';
import { addFault, noSuch, readListMember, readTextMember, readWord, type Reading } from './reading.js';
import { readTest } from './test.js';
import { readWindow } from './window.js';

/** The keys of a condition on events. */
export const eventConditionKeys = ['event', 'count', 'measure', 'window', 'pick', 'where', 'whereMatch'] as const;

/** What an event condition may ask of a number. */
export const numberOperators: readonly NumberOperator[] = [
  'equals', 'not_equals', 'greater_than', 'greater_or_equal', 'less_than', 'less_or_equal', 'between',
];

/** Measures that need no property. */
export const plainMeasures = ['count', 'revenue', 'distinct_campaigns', 'distinct_days'] as const;

/** What can be made of the values of a property. */
export const measureFunctions = ['sum', 'avg', 'min', 'max', 'distinct'] as const;

const AT_LEAST_ONE: NumberTest = { operator: 'greater_or_equal', values: [1] };

/** Reads a condition on events; one of an unknown type is not looked into. */
export function readEventCondition(json: JsonObject, pointer: string, reading: Reading): EventCondition | undefined {
  const events = readEvents(member(json, 'event'), pointerTo(pointer, 'event'), reading);
  if (events === undefined) return undefined;
  rejectUnknownKeys(json, eventConditionKeys, pointer, reading.faults);
  const ownTypes = events.flatMap(({ term }) => (term === null ? [] : [term]));
  const count = member(json, 'count') !== undefined ? readCount(member(json, 'count'), pointerTo(pointer, 'count'), reading) : AT_LEAST_ONE;
  const measure = readMeasure(member(json, 'measure'), pointerTo(pointer, 'measure'), ownTypes, reading);
  const windowJson = member(json, 'window');
  const window = windowJson === undefined ? null : readWindow(windowJson, pointerTo(pointer, 'window'), reading);
  const pick = readWord(json, 'pick', pointer, ['all', 'first', 'latest'], reading, 'all');
  const filterMatch = readWord(json, 'whereMatch', pointer, ['all', 'any'], reading, 'all');
  const filters = member(json, 'where') !== undefined
    ? readListMember(json, 'where', pointer, reading, (item, at) => readFilter(item, at, ownTypes, reading))
    : [];
  if (!count || !measure || window === undefined || !pick || !filterMatch || !filters) return undefined;
  return {
    kind: 'event', pointer, events: events.map(({ key }) => key), types: [...new Set(events.map(({ stored }) => stored))].sort(),
    measure, count, window, pick, filters, filterMatch,
  };
}

function readEvents(json: unknown, pointer: string, reading: Reading): KnownEvent[] | undefined {
  if (!Array.isArray(json)) {
    const event = readEvent(json, pointer, reading);
    return event && [event];
  }
  if (json.length === 0) return addFault(reading, pointer, 'shape_invalid', 'At least one event type is needed here.');
  const events = json.map((item: unknown, index) => readEvent(item, pointerTo(pointer, index), reading));
  return events.every((event) => event !== undefined) ? events : undefined;
}

function readEvent(json: unknown, pointer: string, reading: Reading): KnownEvent | undefined {
  if (typeof json !== 'string') return addFault(reading, pointer, 'shape_invalid', 'An event type is a text.');
  const event = findEvent(json, reading.vocabulary);
  if (event !== undefined) return event;
  const known = knownEvents(reading.vocabulary).map(({ key }) => key);
  return addFault(reading, pointer, 'unknown_event', noSuch('event type', json, known, reading));
}

function readCount(json: unknown, pointer: string, reading: Reading): NumberTest | undefined {
  if (!isObject(json)) return addFault(reading, pointer, 'shape_invalid', "'count' has to be { operator, value }.");
  rejectUnknownKeys(json, ['operator', 'value'], pointer, reading.faults);
  const name = readTextMember(json, 'operator', pointer, reading);
  if (name === undefined) return undefined;
  const operator = numberOperators.find((known) => known === name);
  if (operator === undefined) {
    return addFault(reading, pointerTo(pointer, 'operator'), 'operator_not_supported', `A count takes one of: ${numberOperators.join(', ')}.`);
  }
  const value = member(json, 'value');
  const at = pointerTo(pointer, 'value');
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) {
    return addFault(reading, at, 'value_missing', `'${operator}' needs a value.`);
  }
  if (operator === 'between') {
    const range = readNumberRange(value, at, reading.faults);
    return range && { operator, values: range };
  }
  const number = readNumber(value, at, reading.faults);
  return number === undefined ? undefined : { operator, values: [number] };
}

function readMeasure(json: unknown, pointer: string, ownTypes: readonly EventTypeTerm[], reading: Reading): Measure | undefined {
  if (json === undefined) return { fn: 'count' };
  const plain = plainMeasures.find((known) => known === json);
  if (plain !== undefined) return { fn: plain };
  if (!isObject(json)) {
    return addFault(reading, pointer, 'shape_invalid', `A measure is one of: ${plainMeasures.join(', ')}, or { fn, property }.`);
  }
  rejectUnknownKeys(json, ['fn', 'property'], pointer, reading.faults);
  const fn = readWord(json, 'fn', pointer, measureFunctions, reading);
  const property = readProperty(json, pointer, ownTypes, reading);
  if (fn === undefined || property === undefined) return undefined;
  if (property.kind === 'known' && property.type === 'string' && fn !== 'distinct') {
    return addFault(reading, pointerTo(pointer, 'fn'), 'operator_not_supported', `${property.name} is a string; only 'distinct' can be made of it.`);
  }
  return { fn, property };
}

function readProperty(json: JsonObject, pointer: string, ownTypes: readonly EventTypeTerm[], reading: Reading): PropertyRef | undefined {
  const name = readTextMember(json, 'property', pointer, reading);
  if (name === undefined) return undefined;
  const at = pointerTo(pointer, 'property');
  const property = findProperty(name, ownTypes);
  if (property === undefined) {
    const known = [...propertyRows.map((row) => row.name), ...ownTypes.flatMap((term) => Object.keys(term.properties).map((key) => OWN_PREFIX + key))];
    const hint = ` An event's own properties are named '${OWN_PREFIX}<key>'.`;
    return addFault(reading, at, 'unknown_property', noSuch('event property', name, known, reading) + hint);
  }
  if (isUnstorable(name)) return addFault(reading, at, 'value_invalid', 'A text may hold neither U+0000 nor an unpaired surrogate.');
  if (isLonger(name, MAX_TEXT_LENGTH)) return addFault(reading, at, 'limit_exceeded', `A text has at most ${MAX_TEXT_LENGTH} characters.`);
  return property;
}

function readFilter(json: unknown, pointer: string, ownTypes: readonly EventTypeTerm[], reading: Reading): EventFilter | undefined {
  if (!isObject(json)) return addFault(reading, pointer, 'shape_invalid', 'A filter is { property, operator, value }.');
  const property = readProperty(json, pointer, ownTypes, reading);
  if (property === undefined) {
    // Without a property there is no telling what the rest of it may be; where it is missing, the rest may still be misnamed.
    if (member(json, 'property') === undefined) rejectUnknownKeys(json, ['property', 'operator', 'value'], pointer, reading.faults);
    return undefined;
  }
  rejectUnknownKeys(json, ['property', 'operator', 'value'], pointer, reading.faults);
  const types = property.kind === 'own' ? ownPropertyTypes : [property.type];
  const test = readTest(json, pointer, { name: property.name, types, options: null }, reading);
  return test && { property, test };
}
