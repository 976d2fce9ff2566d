import { pointerTo } from '#kernel';
import { quoted, type Fault, type FaultCode } from '../faults.js';
import { member, type JsonObject } from '../json.js';
import { suggestion } from '../nearest.js';
import type { Vocabulary } from '../vocabulary.js';

/** A condition on another segment that exists: where its id stands. */
export interface Reference {
  readonly pointer: string;
  readonly id: string;
}

/** What one reading of a definition has at hand, and what it gathers. */
export interface Reading {
  readonly vocabulary: Vocabulary;
  readonly timezone: string;
  readonly faults: Fault[];
  readonly references: Reference[];
  /** Conditions met so far, sound or not. */
  conditions: number;
  /** Whether a condition may keep a value that its field's list no longer has. */
  mayKeep(condition: JsonObject): boolean;
}

export function addFault(reading: Reading, path: string, code: FaultCode, message: string): undefined {
  reading.faults.push({ path, code, message });
  return undefined;
}

/** A member that is one of a few fixed words; `fallback` is what its absence means, where it may be absent. */
export function readWord<W extends string>(
  json: JsonObject, key: string, pointer: string, words: readonly W[], reading: Reading, fallback?: W,
): W | undefined {
  const value = member(json, key);
  if (value === undefined && fallback !== undefined) return fallback;
  const word = words.find((known) => known === value);
  if (word !== undefined) return word;
  const hint = typeof value === 'string' ? suggestion(value, words, reading.faults) : '';
  const problem = value === undefined ? `'${key}' is missing; it` : `'${key}'`;
  return addFault(reading, pointerTo(pointer, key), 'shape_invalid', `${problem} is one of: ${words.join(', ')}.${hint}`);
}

/** A member that has to be a text. */
export function readTextMember(json: JsonObject, key: string, pointer: string, reading: Reading): string | undefined {
  const value = member(json, key);
  if (typeof value === 'string') return value;
  const problem = value === undefined ? 'is missing' : 'has to be a text';
  return addFault(reading, pointerTo(pointer, key), 'shape_invalid', `'${key}' ${problem}.`);
}

/** Reads every element of a member that has to be a list; elements with faults are left out. */
export function readListMember<T>(
  json: JsonObject, key: string, pointer: string, reading: Reading, element: (item: unknown, at: string) => T | undefined,
): T[] | undefined {
  const list = member(json, key);
  const at = pointerTo(pointer, key);
  if (!Array.isArray(list)) {
    return addFault(reading, at, 'shape_invalid', list === undefined ? `'${key}' is missing.` : `'${key}' has to be a list.`);
  }
  return list.map((item: unknown, index) => element(item, pointerTo(at, index))).filter((item) => item !== undefined);
}

/** “There is no field 'x'.” with what may have been meant. */
export function noSuch(what: string, name: string, known: readonly string[], reading: Reading): string {
  return `There is no ${what} ${quoted(name)}.${suggestion(name, known, reading.faults)}`;
}
