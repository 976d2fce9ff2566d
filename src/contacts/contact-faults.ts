import { codePoints, type InputFault, isStorable } from '#kernel';
import { maxTags, maxTextLength } from './contact-properties.js';

/** Collects the faults of one row, each with its place in it. */
export class RowFaults {
  readonly all: InputFault[] = [];

  add(path: string, code: string, message: string): undefined {
    this.all.push({ path, code, message });
    return undefined;
  }
}

/** A text that can be stored, or `undefined` with its fault noted. */
export function readText(value: unknown, path: string, faults: RowFaults): string | undefined {
  if (typeof value !== 'string') return faults.add(path, 'value_invalid', 'This is a text.');
  if (!isStorable(value)) return faults.add(path, 'value_invalid', 'The text contains U+0000 or an unpaired surrogate.');
  if (value.length > maxTextLength && codePoints(value) > maxTextLength) {
    return faults.add(path, 'value_invalid', 'A text has at most 10,000 characters.');
  }
  return value;
}

/** A list of texts without its empty ones, or `undefined` with its faults noted. */
export function readTexts(value: unknown, path: string, faults: RowFaults): string[] | undefined {
  if (!Array.isArray(value)) return faults.add(path, 'value_invalid', 'This is a list of texts.');
  if (value.length > maxTags) return faults.add(path, 'value_invalid', 'The list has at most 1,000 elements.');
  const texts = value.map((element: unknown, index) => readText(element, `${path}/${index}`, faults));
  return texts.every((text) => text !== undefined) ? texts.filter((text) => text !== '') : undefined;
}

/** A number as rules can compare it. `-0` becomes `0`, as it prints. */
export function readNumber(value: unknown, path: string, faults: RowFaults): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > 1e15) {
    return faults.add(path, 'value_invalid', 'This is a number from -10^15 to 10^15.');
  }
  return value + 0;
}

/** Whether a JSON value is an object, not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
