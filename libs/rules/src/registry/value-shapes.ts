import { pointerTo } from '#kernel';
import { quoted, type Fault } from '../faults.js';
import type { ValueShape } from './operator.js';

export { amount, anniversary, period, point, pointRange } from './value-shapes-time.js';

export const MAX_TEXT_LENGTH = 1_000;
export const MAX_LIST_LENGTH = 10_000;
export const MAX_NUMBER = 1e15;

const textSchema = { type: 'string', minLength: 1, maxLength: MAX_TEXT_LENGTH };
const numberSchema = { type: 'number', minimum: -MAX_NUMBER, maximum: MAX_NUMBER };

/** Whether a text holds what the database cannot: U+0000 or an unpaired surrogate. */
export function isUnstorable(text: string): boolean {
  return text.includes('\u0000') || !text.isWellFormed();
}

/** A text of 1 to `limit` code points; the empty one is a fault of its own kind before it comes here, but not in a list. */
export function readText(json: unknown, pointer: string, faults: Fault[]): string | undefined {
  if (typeof json !== 'string') {
    faults.push({ path: pointer, code: 'value_invalid', message: 'A text is needed here.' });
  } else if (json === '') {
    faults.push({ path: pointer, code: 'value_invalid', message: 'A text may not be empty here.' });
  } else if (isUnstorable(json)) {
    faults.push({ path: pointer, code: 'value_invalid', message: 'A text may hold neither U+0000 nor an unpaired surrogate.' });
  } else if (isLonger(json, MAX_TEXT_LENGTH)) {
    faults.push({ path: pointer, code: 'limit_exceeded', message: `A text has at most ${MAX_TEXT_LENGTH} characters.` });
  } else {
    return json;
  }
  return undefined;
}

/** Whether a text has more code points than `limit`. */
export function isLonger(text: string, limit: number): boolean {
  return text.length > limit && (text.length > 2 * limit || Array.from(text).length > limit);
}

/** A finite number of at most 10^15 either way. */
export function readNumber(json: unknown, pointer: string, faults: Fault[]): number | undefined {
  if (typeof json !== 'number') {
    faults.push({ path: pointer, code: 'value_invalid', message: 'A number is needed here.' });
  } else if (!(Math.abs(json) <= MAX_NUMBER)) {
    faults.push({ path: pointer, code: 'value_invalid', message: 'A number lies between -10^15 and 10^15.' });
  } else {
    return json;
  }
  return undefined;
}

type ReadElement<T> = (json: unknown, pointer: string, faults: Fault[]) => T | undefined;

function readList<T>(json: unknown, pointer: string, faults: Fault[], element: ReadElement<T>): T[] | undefined {
  if (!Array.isArray(json)) {
    faults.push({ path: pointer, code: 'value_invalid', message: 'A list is needed here.' });
    return undefined;
  }
  if (json.length > MAX_LIST_LENGTH) {
    faults.push({ path: pointer, code: 'limit_exceeded', message: `A list has at most ${MAX_LIST_LENGTH} values; this one has ${json.length}.` });
    return undefined;
  }
  const [values, own]: [T[], Fault[]] = [[], []];
  for (const [index, item] of json.entries()) {
    const value = element(item, '', own);
    if (value !== undefined) values.push(value);
    // A place is written where it is told: rules may have two million values.
    if (own.length > 0) faults.push(...own.splice(0).map((fault) => ({ ...fault, path: pointerTo(pointer, index) })));
  }
  return values.length === json.length ? values : undefined;
}

/** `[min, max]`: two numbers, the first not above the second. */
export function readNumberRange(json: unknown, pointer: string, faults: Fault[]): [number, number] | undefined {
  if (!Array.isArray(json) || json.length !== 2) {
    faults.push({ path: pointer, code: 'value_invalid', message: 'Two numbers are needed here: [min, max].' });
    return undefined;
  }
  const min = readNumber(json[0], pointerTo(pointer, 0), faults);
  const max = readNumber(json[1], pointerTo(pointer, 1), faults);
  if (min === undefined || max === undefined) return undefined;
  if (min > max) {
    faults.push({ path: pointer, code: 'value_invalid', message: `The first number (${min}) is greater than the second (${max}).` });
    return undefined;
  }
  return [min, max];
}

export const oneText: ValueShape<string> = {
  name: 'oneText',
  read: (json, pointer, _context, faults) => readText(json, pointer, faults),
  schema: () => textSchema,
  describe: `a text of 1 to ${MAX_TEXT_LENGTH} characters`,
};

export const textList: ValueShape<string[]> = {
  name: 'textList',
  read: (json, pointer, _context, faults) => readList(json, pointer, faults, readText),
  schema: () => ({ type: 'array', items: textSchema, minItems: 1, maxItems: MAX_LIST_LENGTH }),
  describe: `a list of 1 to ${MAX_LIST_LENGTH} texts`,
};

export const oneNumber: ValueShape<number> = {
  name: 'oneNumber',
  read: (json, pointer, _context, faults) => readNumber(json, pointer, faults),
  schema: () => numberSchema,
  describe: 'a number',
};

export const numberRange: ValueShape<[number, number]> = {
  name: 'numberRange',
  read: (json, pointer, _context, faults) => readNumberRange(json, pointer, faults),
  schema: () => ({ type: 'array', items: numberSchema, minItems: 2, maxItems: 2 }),
  describe: 'two numbers `[min, max]`, both included',
};

export const numberList: ValueShape<number[]> = {
  name: 'numberList',
  read: (json, pointer, _context, faults) => readList(json, pointer, faults, readNumber),
  schema: () => ({ type: 'array', items: numberSchema, minItems: 1, maxItems: MAX_LIST_LENGTH }),
  describe: `a list of 1 to ${MAX_LIST_LENGTH} numbers`,
};

export const oneBoolean: ValueShape<boolean> = {
  name: 'oneBoolean',
  read(json, pointer, _context, faults) {
    if (typeof json === 'boolean') return json;
    const hint = typeof json === 'string' ? `, not the text ${quoted(json)}` : '';
    faults.push({ path: pointer, code: 'value_invalid', message: `true or false is needed here${hint}.` });
    return undefined;
  },
  schema: () => ({ type: 'boolean' }),
  describe: '`true` or `false`',
};

/** Of operators that take no value. */
export const none: ValueShape<null> = {
  name: 'none',
  read(json, pointer, _context, faults) {
    if (json === undefined || json === null) return null;
    faults.push({ path: pointer, code: 'value_not_allowed', message: 'This operator takes no value.' });
    return undefined;
  },
  schema: () => ({ type: 'null' }),
  describe: 'no value',
};
