import { pointerTo } from '#kernel';
import type { Unit } from '../definition.js';
import { quoted, type Fault } from '../faults.js';
import { isObject, member, rejectUnknownKeys, type JsonObject } from '../json.js';
import { isPeriod, readAmount, readUnit } from '../registry/value-shapes-time.js';
import type { Window, WindowEnd } from '../rule.js';
import { readInstant } from '../time/iso.js';
import { periods, units } from '../time/points.js';
import { addFault, type Reading } from './reading.js';

type Form = 'last' | 'olderThan' | 'range' | 'during';

/** Which forms the keys of a window belong to; `unit` tells none. */
const formOfKey: Readonly<Record<string, Form>> = {
  last: 'last', olderThan: 'olderThan', from: 'range', to: 'range', during: 'during',
};

const readers: Readonly<Record<Form, (json: JsonObject, pointer: string, reading: Reading) => Window | undefined>> = {
  last: (json, pointer, reading) => readLengthWindow('last', json, pointer, reading),
  olderThan: (json, pointer, reading) => readLengthWindow('olderThan', json, pointer, reading),
  range: readRange,
  during: readDuring,
};

/** Reads the stretch of time in which events are counted. */
export function readWindow(json: unknown, pointer: string, reading: Reading): Window | undefined {
  const keys = isObject(json) ? Object.keys(json).filter((key) => json[key] !== undefined) : [];
  const forms = new Set(keys.filter((key) => Object.hasOwn(formOfKey, key)).map((key) => formOfKey[key]));
  const [form] = forms;
  if (!isObject(json) || form === undefined || forms.size > 1) {
    return addFault(reading, pointer, 'shape_invalid',
      'A window has one form: { last, unit }, { olderThan, unit }, { from?, to? } or { during }.');
  }
  return readers[form](json, pointer, reading);
}

function readLengthWindow(kind: 'last' | 'olderThan', json: JsonObject, pointer: string, reading: Reading): Window | undefined {
  const length = readLength(kind, json, pointer, reading);
  return length && { kind, ...length };
}

/** An amount outside a `value`: a member that is missing or of another JSON type is a fault of the shape. */
function readLength(key: string, json: JsonObject, pointer: string, reading: Reading): { amount: number; unit: Unit } | undefined {
  rejectUnknownKeys(json, [key, 'unit'], pointer, reading.faults);
  const unit = readTyped(json, 'unit', 'string', pointer, reading, (value, at, faults) => readUnit(value, at, false, faults));
  const amount = readTyped(json, key, 'number', pointer, reading, (value, at, faults) => readAmount(value, at, unit, faults));
  return unit === undefined || amount === undefined ? undefined : { amount, unit };
}

function readTyped<T>(
  json: JsonObject, key: string, type: 'string' | 'number', pointer: string, reading: Reading,
  read: (value: unknown, at: string, faults: Fault[]) => T | undefined,
): T | undefined {
  const value = member(json, key);
  const at = pointerTo(pointer, key);
  if (typeof value === type) return read(value, at, reading.faults);
  const expected = type === 'number' ? 'a whole number' : `one of: ${units.join(', ')}`;
  return addFault(reading, at, 'shape_invalid', `'${key}' ${value === undefined ? 'is missing; it ' : ''}has to be ${expected}.`);
}

function readRange(json: JsonObject, pointer: string, reading: Reading): Window | undefined {
  rejectUnknownKeys(json, ['from', 'to'], pointer, reading.faults);
  const from = readEnd(member(json, 'from'), pointerTo(pointer, 'from'), reading);
  const to = readEnd(member(json, 'to'), pointerTo(pointer, 'to'), reading);
  if (from === undefined || to === undefined) return undefined;
  if (from !== null && to !== null && isReversed(from, to)) {
    return addFault(reading, pointer, 'value_invalid', "'from' lies after 'to'.");
  }
  return { kind: 'range', from, to };
}

function readEnd(json: unknown, pointer: string, reading: Reading): WindowEnd | null | undefined {
  if (json === undefined) return null;
  if (isObject(json)) {
    const length = readLength('ago', json, pointer, reading);
    return length && { ago: length.amount, unit: length.unit };
  }
  if (typeof json !== 'string') {
    return addFault(reading, pointer, 'shape_invalid', 'An end of a window is an instant with an offset or { ago, unit }.');
  }
  const at = readInstant(json);
  if (at !== null) return { at };
  return addFault(reading, pointer, 'value_invalid', `${quoted(json)} is not an instant with an offset (YYYY-MM-DDThh:mm:ssZ).`);
}

function isReversed(from: WindowEnd, to: WindowEnd): boolean {
  if ('at' in from) return 'at' in to && from.at > to.at;
  return 'ago' in to && from.unit === to.unit && from.ago < to.ago;
}

function readDuring(json: JsonObject, pointer: string, reading: Reading): Window | undefined {
  rejectUnknownKeys(json, ['during'], pointer, reading.faults);
  const period = member(json, 'during');
  const at = pointerTo(pointer, 'during');
  const message = `A period is one of: ${periods.join(', ')}.`;
  return typeof period === 'string' && isPeriod(period) ? { kind: 'during', period } : addFault(reading, at, 'shape_invalid', message);
}
