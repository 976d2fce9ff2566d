import { pointerTo } from '#kernel';
import { fold } from '../fold.js';
import { quoted } from '../faults.js';
import { member, type JsonObject } from '../json.js';
import { suggestion } from '../nearest.js';
import { valueTypes } from '../registry/data-types.js';
import type { OperatorRow } from '../registry/operator.js';
import { operatorOf, operatorsFor } from '../registry/operators/index.js';
import type { Test, ValueType } from '../rule.js';
import { addFault, readTextMember, type Reading } from './reading.js';

/** What a test is made of: a field or an event property. */
export interface Subject {
  readonly name: string;
  /** More than one where the value decides: of an event's own property. */
  readonly types: readonly ValueType[];
  /** The only values there are, of a subject with a closed list. */
  readonly options: readonly string[] | null;
}

interface Candidate { readonly type: ValueType; readonly row: OperatorRow }

/** Of a closed list, the operators whose values have to stand in it; of an array, all that take a value. */
const LISTED_OPERATORS = ['equals', 'not_equals', 'in', 'not_in'];

/** Reads `operator` and `value` of a condition or filter on a subject. */
export function readTest(json: JsonObject, pointer: string, subject: Subject, reading: Reading): Test | undefined {
  const operator = readTextMember(json, 'operator', pointer, reading);
  if (operator === undefined) return undefined;
  const candidates = candidatesFor(operator, subject.types);
  const value = member(json, 'value');
  const candidate = candidates.find(({ type }) => type === typeOfJson(value)) ?? candidates[0];
  if (candidate === undefined) {
    return addFault(reading, pointerTo(pointer, 'operator'), 'operator_not_supported', unsupported(operator, subject, reading));
  }
  const read = readValue(value, pointerTo(pointer, 'value'), candidate, reading);
  const isKept = read !== undefined && subject.options !== null && reading.mayKeep(json);
  if (subject.options !== null && !isKept) rejectUnlisted(value, pointer, candidate, subject.options, reading);
  return read === undefined ? undefined : { operator: candidate.row.name, type: candidate.type, value: read };
}

function candidatesFor(operator: string, types: readonly ValueType[]): Candidate[] {
  return types.flatMap((type) => {
    const row = operatorOf(type, operator);
    return row === undefined ? [] : [{ type, row }];
  });
}

/** The type of a value or of a list's values; only asked where several types are possible. */
function typeOfJson(json: unknown): string {
  return typeof (Array.isArray(json) ? json[0] : json);
}

function readValue(json: unknown, pointer: string, { type, row }: Candidate, reading: Reading): unknown {
  const isMissing = json === undefined || json === null || json === '' || (Array.isArray(json) && json.length === 0);
  if (isMissing && row.value.name !== 'none') {
    return addFault(reading, pointer, 'value_missing', `'${row.name}' needs a value: ${row.value.describe}.`);
  }
  return row.value.read(json, pointer, { timezone: reading.timezone, dateField: type === 'date' }, reading.faults);
}

function rejectUnlisted(value: unknown, pointer: string, { type, row }: Candidate, options: readonly string[], reading: Reading): void {
  if (type !== 'array' && !LISTED_OPERATORS.includes(row.name)) return;
  const known = new Set(options.map(fold));
  const faulty = new Set(reading.faults.map((fault) => fault.path));
  const at = pointerTo(pointer, 'value');
  const reject = (item: unknown, path: string): void => {
    if (typeof item !== 'string' || item === '' || known.has(fold(item)) || faulty.has(path)) return;
    const hint = suggestion(item, options, reading.faults) || ` Use one of: ${options.slice(0, 20).join(', ')}${options.length > 20 ? ', …' : ''}.`;
    addFault(reading, path, 'value_not_allowed', `${quoted(item)} is not one of the values of this field.${hint}`);
  };
  if (row.value.name === 'oneText') reject(value, at);
  if (row.value.name === 'textList' && Array.isArray(value)) value.forEach((item, index) => reject(item, pointerTo(at, index)));
}

function unsupported(operator: string, { name, types }: Subject, reading: Reading): string {
  const own = types.map((type) => valueTypes[type].article).join(' or ');
  const works = (Object.keys(valueTypes) as ValueType[]).filter((type) => operatorOf(type, operator) !== undefined);
  const usable = [...new Set(types.flatMap((type) => operatorsFor(type).map((row) => row.name)))];
  const elsewhere = works.length > 0 ? `${quoted(operator)} works on ${works.join(' and ')}.` : `there is no operator ${quoted(operator)}.`;
  return `${quoted(name).slice(1, -1)} is ${own}; ${elsewhere}${suggestion(operator, usable, reading.faults)} Use one of: ${usable.join(', ')}.`;
}
