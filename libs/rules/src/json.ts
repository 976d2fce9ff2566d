import { pointerTo } from '#kernel';
import { quoted, type Fault } from './faults.js';
import { suggestion } from './nearest.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** An own member; never one that every object inherits. */
export function member(json: JsonObject, key: string): unknown {
  return Object.hasOwn(json, key) ? json[key] : undefined;
}

/** A fault for every key that the interface does not have. */
export function rejectUnknownKeys(json: JsonObject, known: readonly string[], pointer: string, faults: Fault[]): void {
  for (const key of Object.keys(json)) {
    if (known.includes(key) || json[key] === undefined) continue;
    faults.push({
      path: pointerTo(pointer, key), code: 'unknown_key',
      message: `There is no ${quoted(key)} here.${suggestion(key, known, faults) || ` Use: ${known.join(', ')}.`}`,
    });
  }
}
