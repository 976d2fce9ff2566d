import { pointerTo } from '#kernel';
import type { Period, Unit } from '../definition.js';
import { quoted, type Fault } from '../faults.js';
import { isObject, member, rejectUnknownKeys, type JsonObject } from '../json.js';
import { readDay, readInstant } from '../time/iso.js';
import { dayUnits, periods, unitLimits, units, type Amount, type Anniversary, type Point } from '../time/points.js';
import type { ShapeContext, ValueShape } from './operator.js';

const MAX_ANNIVERSARY_DAYS = 366;

const isUnit = (json: unknown): json is Unit => typeof json === 'string' && Object.hasOwn(unitLimits, json);

/** The unit of an amount; a calendar day cannot be moved by minutes or hours. */
export function readUnit(json: unknown, pointer: string, daysOnly: boolean, faults: Fault[]): Unit | undefined {
  const allowed = daysOnly ? dayUnits : units;
  if (isUnit(json) && allowed.includes(json)) return json;
  const reason = isUnit(json) ? `A calendar day cannot be counted in ${json}; use` : 'The unit is';
  faults.push({ path: pointer, code: 'value_invalid', message: `${reason} one of: ${allowed.join(', ')}.` });
  return undefined;
}

/** An integer from 0 to 1,000 years in its unit (in the smallest, where the unit is not known). */
export function readAmount(json: unknown, pointer: string, unit: Unit | undefined, faults: Fault[], signed = false): number | undefined {
  const limit = unitLimits[unit ?? 'minutes'];
  if (Number.isInteger(json) && Math.abs(json as number) <= limit && (signed || (json as number) >= 0)) return json as number;
  faults.push({ path: pointer, code: 'value_invalid', message: `A whole number from ${signed ? -limit : 0} to ${limit} is needed here.` });
  return undefined;
}

/** Both members of an amount, whatever the first is called, with every fault of both. */
function readLength(json: JsonObject, key: string, pointer: string, daysOnly: boolean, faults: Fault[]): Amount | undefined {
  rejectUnknownKeys(json, [key, 'unit'], pointer, faults);
  const unit = readUnit(member(json, 'unit'), pointerTo(pointer, 'unit'), daysOnly, faults);
  const length = readAmount(member(json, key), pointerTo(pointer, key), unit, faults);
  return unit === undefined || length === undefined ? undefined : { amount: length, unit };
}

function readRelative(json: JsonObject, pointer: string, faults: Fault[]): Point | undefined {
  const before = faults.length;
  rejectUnknownKeys(json, ['relative', 'plus', 'unit'], pointer, faults);
  const relative = member(json, 'relative');
  const plus = member(json, 'plus');
  const unitJson = member(json, 'unit');
  if (relative !== 'today' && relative !== 'now') {
    faults.push({ path: pointerTo(pointer, 'relative'), code: 'value_invalid', message: 'A relative point is one of: today, now.' });
  }
  if (relative === 'now' && plus !== undefined) {
    faults.push({ path: pointerTo(pointer, 'plus'), code: 'value_invalid', message: "'plus' goes with 'today' only; use fromNow or ago." });
    return undefined;
  }
  const unit = plus === undefined && unitJson === undefined ? 'days' : readUnit(unitJson, pointerTo(pointer, 'unit'), true, faults);
  const moved = plus === undefined ? 0 : readAmount(plus, pointerTo(pointer, 'plus'), unit, faults, true);
  if (faults.length > before || unit === undefined || moved === undefined) return undefined;
  return relative === 'now' ? { kind: 'now' } : { kind: 'today', plus: moved, unit };
}

function readPointText(text: string, pointer: string, faults: Fault[]): Point | undefined {
  const day = readDay(text);
  if (day !== null) return { kind: 'day', day };
  const at = readInstant(text);
  if (at !== null) return { kind: 'instant', at };
  faults.push({
    path: pointer, code: 'value_invalid',
    message: `${quoted(text)} is neither a day (YYYY-MM-DD) nor an instant with an offset (YYYY-MM-DDThh:mm:ssZ).`,
  });
  return undefined;
}

function readPoint(json: unknown, pointer: string, context: ShapeContext, faults: Fault[]): Point | undefined {
  if (typeof json === 'string') return readPointText(json, pointer, faults);
  const forms = isObject(json) ? ['relative', 'ago', 'fromNow'].filter((key) => member(json, key) !== undefined) : [];
  if (!isObject(json) || forms.length !== 1) {
    faults.push({
      path: pointer, code: 'value_invalid',
      message: 'A point in time is "YYYY-MM-DD", an instant, { relative, plus?, unit? }, { ago, unit } or { fromNow, unit }.',
    });
    return undefined;
  }
  if (forms[0] === 'relative') return readRelative(json, pointer, faults);
  const kind = forms[0] === 'ago' ? 'ago' : 'fromNow';
  const length = readLength(json, kind, pointer, context.dateField, faults);
  return length && { kind, ...length };
}

function isReversed(from: Point, to: Point): boolean {
  if (from.kind === 'day' && to.kind === 'day') return from.day > to.day;
  return from.kind === 'instant' && to.kind === 'instant' && from.at > to.at;
}

const wholeNumber = (maximum: number, minimum = 0): object => ({ type: 'integer', minimum, maximum });

const closed = (properties: Record<string, object>, required: string[]): object => ({
  type: 'object', properties, required, additionalProperties: false,
});

/** The schema of an amount under its own key: one branch for each unit, since the limit depends on it. */
export function lengthSchema(key: string, dateField: boolean): object {
  return {
    oneOf: (dateField ? dayUnits : units).map((unit) => closed({ [key]: wholeNumber(unitLimits[unit]), unit: { const: unit } }, [key, 'unit'])),
  };
}

const daySchema = { type: 'string', pattern: '^(?!0000)\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])$' };

/** Of an instant with an offset. */
export const instantSchema = {
  type: 'string',
  pattern: '^(?!0000)\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?'
    + '(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)$',
};

function pointSchema(dateField: boolean): object {
  return {
    anyOf: [
      daySchema,
      instantSchema,
      closed({ relative: { enum: ['today', 'now'] }, unit: { enum: dayUnits } }, ['relative']),
      ...dayUnits.map((unit) => closed(
        { relative: { const: 'today' }, plus: wholeNumber(unitLimits[unit], -unitLimits[unit]), unit: { const: unit } },
        ['relative', 'plus', 'unit'],
      )),
      lengthSchema('ago', dateField),
      lengthSchema('fromNow', dateField),
    ],
  };
}

export const point: ValueShape<Point> = {
  name: 'point',
  read: readPoint,
  schema: pointSchema,
  describe: 'a point in time: `"YYYY-MM-DD"`, an instant with offset, `{ "relative": "today" | "now", "plus"?, "unit"? }`, '
    + '`{ "ago": n, "unit": … }` or `{ "fromNow": n, "unit": … }`',
};

export const pointRange: ValueShape<[Point, Point]> = {
  name: 'pointRange',
  read(json, pointer, context, faults) {
    if (!Array.isArray(json) || json.length !== 2) {
      faults.push({ path: pointer, code: 'value_invalid', message: 'Two points in time are needed here: [from, to].' });
      return undefined;
    }
    const from = readPoint(json[0], pointerTo(pointer, 0), context, faults);
    const to = readPoint(json[1], pointerTo(pointer, 1), context, faults);
    if (from === undefined || to === undefined) return undefined;
    if (isReversed(from, to)) {
      faults.push({ path: pointer, code: 'value_invalid', message: 'The first point in time lies after the second.' });
      return undefined;
    }
    return [from, to];
  },
  schema: (dateField) => ({ type: 'array', items: pointSchema(dateField), minItems: 2, maxItems: 2 }),
  describe: 'two points in time `[from, to]`, both included',
};

export const amount: ValueShape<Amount> = {
  name: 'amount',
  read(json, pointer, context, faults) {
    if (isObject(json)) return readLength(json, 'amount', pointer, context.dateField, faults);
    faults.push({ path: pointer, code: 'value_invalid', message: 'An amount is needed here: { amount, unit }.' });
    return undefined;
  },
  schema: (dateField) => lengthSchema('amount', dateField),
  describe: 'an amount of time `{ "amount": n, "unit": … }`',
};

/** A named stretch of local days. */
export function isPeriod(json: unknown): json is Period {
  return periods.some((known) => known === json);
}

export const period: ValueShape<Period> = {
  name: 'period',
  read(json, pointer, _context, faults) {
    if (isPeriod(json)) return json;
    faults.push({ path: pointer, code: 'value_invalid', message: `A period is one of: ${periods.join(', ')}.` });
    return undefined;
  },
  schema: () => ({ enum: periods }),
  describe: `a period: ${periods.map((name) => `\`${name}\``).join(' ')}`,
};

export const anniversary: ValueShape<Anniversary> = {
  name: 'anniversary',
  read(json, pointer, _context, faults) {
    if (json === 'today' || json === 'this_month') return json;
    const forms = isObject(json) ? (['within_next', 'in_days'] as const).filter((key) => member(json, key) !== undefined) : [];
    const form = forms[0];
    if (!isObject(json) || form === undefined || forms.length > 1) {
      faults.push({ path: pointer, code: 'value_invalid', message: 'An anniversary is "today", "this_month", { within_next: n } or { in_days: n }.' });
      return undefined;
    }
    rejectUnknownKeys(json, [form], pointer, faults);
    const days = member(json, form);
    if (Number.isInteger(days) && (days as number) >= 0 && (days as number) <= MAX_ANNIVERSARY_DAYS) {
      return form === 'in_days' ? { in_days: days as number } : { within_next: days as number };
    }
    faults.push({ path: pointerTo(pointer, form), code: 'value_invalid', message: `A whole number from 0 to ${MAX_ANNIVERSARY_DAYS} days is needed here.` });
    return undefined;
  },
  schema: () => ({
    oneOf: [
      { enum: ['today', 'this_month'] },
      closed({ within_next: wholeNumber(MAX_ANNIVERSARY_DAYS) }, ['within_next']),
      closed({ in_days: wholeNumber(MAX_ANNIVERSARY_DAYS) }, ['in_days']),
    ],
  }),
  describe: '`"today"`, `"this_month"`, `{ "within_next": n }` or `{ "in_days": n }` (days)',
};
