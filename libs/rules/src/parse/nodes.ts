import { pointerTo } from '#kernel';
import { quoted } from '../faults.js';
import { isObject, member, rejectUnknownKeys, type JsonObject } from '../json.js';
import { MAX_CONDITIONS, MAX_DEPTH, MAX_SALT_LENGTH } from '../limits.js';
import { nearest } from '../nearest.js';
import { findField, knownFields } from '../registry/fields.js';
import { isLonger, isUnstorable } from '../registry/value-shapes.js';
import type { Condition, FieldCondition, Group, Node, RandomCondition, SegmentCondition } from '../rule.js';
import { readEventCondition } from './event-condition.js';
import { addFault, readListMember, readTextMember, readWord, type Reading } from './reading.js';
import { readTest } from './test.js';

export const groupKeys = ['match', 'negate', 'conditions'] as const;
export const fieldConditionKeys = ['field', 'operator', 'value', 'dataType'] as const;

type ConditionKey = 'field' | 'event' | 'segment' | 'random';

const readers: Readonly<Record<ConditionKey, (json: JsonObject, pointer: string, reading: Reading) => Condition | undefined>> = {
  field: readFieldCondition,
  event: readEventCondition,
  segment: readSegmentCondition,
  random: readRandomCondition,
};

const conditionKeys = Object.keys(readers) as ConditionKey[];

/** Reads a group and all that is in it; `depth` is 1 for one at the top. */
export function readGroup(json: unknown, pointer: string, depth: number, reading: Reading): Group | undefined {
  if (depth > MAX_DEPTH) {
    return addFault(reading, pointer, 'limit_exceeded', `Groups nest at most ${MAX_DEPTH} deep.`);
  }
  if (!isObject(json)) return addFault(reading, pointer, 'shape_invalid', 'A group is { match, negate?, conditions }.');
  rejectUnknownKeys(json, groupKeys, pointer, reading.faults);
  const match = readWord(json, 'match', pointer, ['all', 'any'], reading);
  const negate = member(json, 'negate') ?? false;
  if (typeof negate !== 'boolean' || json['negate'] === null) {
    addFault(reading, pointerTo(pointer, 'negate'), 'shape_invalid', "'negate' has to be true or false.");
  }
  const conditions = readListMember(json, 'conditions', pointer, reading, (item, at) => readNode(item, at, depth, reading));
  if (match === undefined || conditions === undefined) return undefined;
  return { kind: 'group', pointer, match, negate: negate === true, conditions };
}

function readNode(json: unknown, pointer: string, depth: number, reading: Reading): Node | undefined {
  const keys = isObject(json) ? conditionKeys.filter((key) => member(json, key) !== undefined) : [];
  if (isObject(json) && isGroup(json, keys)) return readGroup(json, pointer, depth + 1, reading);
  reading.conditions += 1;
  const [key] = keys;
  if (!isObject(json) || key === undefined || keys.length > 1) {
    const found = keys.length > 1 ? `, not ${keys.join(' and ')} together` : '';
    return addFault(reading, pointer, 'shape_invalid', `A condition has one of: ${conditionKeys.join(', ')}${found}; a group has match and conditions.`);
  }
  return readers[key](json, pointer, reading);
}

function isGroup(json: JsonObject, conditionKeysFound: readonly string[]): boolean {
  if (Object.hasOwn(json, 'conditions')) return true;
  return conditionKeysFound.length === 0 && (Object.hasOwn(json, 'match') || Object.hasOwn(json, 'negate'));
}

function readFieldCondition(json: JsonObject, pointer: string, reading: Reading): FieldCondition | undefined {
  const name = readTextMember(json, 'field', pointer, reading);
  if (name === undefined) return undefined;
  const field = findField(name, reading.vocabulary);
  if (field === undefined) return unknownField(name, pointerTo(pointer, 'field'), reading);
  rejectUnknownKeys(json, fieldConditionKeys, pointer, reading.faults);
  rejectDataType(json, pointer, field.ref, reading);
  const { type } = field.ref;
  const test = readTest(json, pointer, { name, types: [type], options: field.options }, reading);
  return test && { kind: 'field', pointer, field: field.ref, test };
}

function unknownField(name: string, path: string, reading: Reading): undefined {
  // Looking takes time; beyond what rules could have at all it would be spent for nothing.
  const best = reading.faults.length < MAX_CONDITIONS ? nearest(name, knownFields(reading.vocabulary).map(({ ref }) => ref.name)) : undefined;
  const hint = best === undefined ? '' : ` Did you mean '${best.name}'?`;
  return addFault(reading, path, 'unknown_field', `There is no field ${quoted(name)}.${hint}`);
}

function rejectDataType(json: JsonObject, pointer: string, field: { name: string; type: string }, reading: Reading): void {
  const given = member(json, 'dataType');
  if (given === undefined || given === field.type) return;
  const path = pointerTo(pointer, 'dataType');
  if (typeof given !== 'string') addFault(reading, path, 'shape_invalid', "'dataType' has to be a text.");
  else addFault(reading, path, 'data_type_mismatch', `The type of ${quoted(field.name)} is ${field.type}, not ${quoted(given)}.`);
}

function readSegmentCondition(json: JsonObject, pointer: string, reading: Reading): SegmentCondition | undefined {
  rejectUnknownKeys(json, ['segment', 'operator'], pointer, reading.faults);
  const id = readTextMember(json, 'segment', pointer, reading)?.toLowerCase();
  const operator = readTextMember(json, 'operator', pointer, reading);
  const isKnown = operator === 'in' || operator === 'not_in';
  if (operator !== undefined && !isKnown) {
    addFault(reading, pointerTo(pointer, 'operator'), 'operator_not_supported', `A segment takes one of: in, not_in; not ${quoted(operator)}.`);
  }
  if (id === undefined) return undefined;
  const term = reading.vocabulary.segments.get(id);
  if (term === undefined) return addFault(reading, pointerTo(pointer, 'segment'), 'unknown_segment', `There is no segment ${quoted(id)}.`);
  reading.references.push({ pointer: pointerTo(pointer, 'segment'), id });
  return isKnown ? { kind: 'segment', pointer, segment: id, name: term.name, negate: operator === 'not_in' } : undefined;
}

function readRandomCondition(json: JsonObject, pointer: string, reading: Reading): RandomCondition | undefined {
  rejectUnknownKeys(json, ['random'], pointer, reading.faults);
  const random = member(json, 'random');
  const at = pointerTo(pointer, 'random');
  if (!isObject(random)) return addFault(reading, at, 'shape_invalid', "'random' has to be { salt, from, to }.");
  rejectUnknownKeys(random, ['salt', 'from', 'to'], at, reading.faults);
  const salt = readSalt(random, at, reading);
  const from = readBound(random, 'from', at, reading);
  const to = readBound(random, 'to', at, reading);
  if (from !== undefined && to !== undefined && from >= to) {
    return addFault(reading, at, 'value_invalid', `'from' (${from}) has to be less than 'to' (${to}).`);
  }
  if (salt === undefined || from === undefined || to === undefined) return undefined;
  return { kind: 'random', pointer, salt, from, to };
}

function readSalt(json: JsonObject, pointer: string, reading: Reading): string | undefined {
  const salt = readTextMember(json, 'salt', pointer, reading);
  if (salt === undefined) return undefined;
  const isSound = salt !== '' && !isUnstorable(salt) && !isLonger(salt, MAX_SALT_LENGTH);
  return isSound ? salt : addFault(reading, pointerTo(pointer, 'salt'), 'value_invalid', `A salt has 1 to ${MAX_SALT_LENGTH} characters, none of them U+0000.`);
}

function readBound(json: JsonObject, key: 'from' | 'to', pointer: string, reading: Reading): number | undefined {
  const bound = member(json, key);
  const at = pointerTo(pointer, key);
  if (typeof bound !== 'number') {
    return addFault(reading, at, 'shape_invalid', bound === undefined ? `'${key}' is missing.` : `'${key}' has to be a number.`);
  }
  return bound >= 0 && bound <= 100 ? bound : addFault(reading, at, 'value_invalid', `'${key}' lies between 0 and 100.`);
}
