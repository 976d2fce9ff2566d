import type { CustomFieldType } from '#database';
import { parseDay, parseInstant, pointerTo } from '#kernel';
import { fold } from '#rules';
import { isObject, readNumber, readText, readTexts, type RowFaults } from './contact-faults.js';
import type { CustomValue } from './contact-properties.js';

/** What reading and showing values needs of a custom field. */
export interface CustomFieldDefinition {
  readonly id: string;
  readonly key: string;
  readonly label?: string;
  readonly type: CustomFieldType;
  readonly options: readonly string[];
}

/** A tenant's custom fields, found by key; a map, so that `constructor` and the like are keys as any other. */
export class CustomFieldSet {
  readonly #byKey: ReadonlyMap<string, CustomFieldDefinition>;
  readonly #options = new Map<string, ReadonlySet<string>>();

  constructor(readonly all: readonly CustomFieldDefinition[]) {
    this.#byKey = new Map(all.map((field) => [field.key, field]));
  }

  find(key: string): CustomFieldDefinition | undefined {
    return this.#byKey.get(key);
  }

  /** Options compare as strings do in rules: without regard to letter case. */
  allows(field: CustomFieldDefinition, value: string): boolean {
    let folded = this.#options.get(field.id);
    if (folded === undefined) {
      folded = new Set(field.options.map(fold));
      this.#options.set(field.id, folded);
    }
    return folded.has(fold(value));
  }
}

type Reader = (value: unknown, path: string, faults: RowFaults, field: CustomFieldDefinition, fields: CustomFieldSet) => CustomValue | undefined;

const readers: Readonly<Record<CustomFieldType, Reader>> = {
  text: readText,
  number: readNumber,
  boolean: (value, path, faults) => (typeof value === 'boolean' ? value : faults.add(path, 'value_invalid', 'This is true or false.')),
  date: (value, path, faults) => (typeof value === 'string' ? parseDay(value) : null)
    ?? faults.add(path, 'value_invalid', 'This is a date, YYYY-MM-DD.'),
  datetime: (value, path, faults) => {
    const at = typeof value === 'string' ? parseInstant(value) : null;
    return at === null
      ? faults.add(path, 'value_invalid', 'This is an instant with date, time with seconds, and offset, such as 2026-11-20T09:30:00Z.')
      : new Date(at).toISOString();
  },
  select: (value, path, faults, field, fields) => {
    const text = readText(value, path, faults);
    return text === undefined || text === '' || fields.allows(field, text) ? text : refuseOption(path, faults, field);
  },
  multi_select: (value, path, faults, field, fields) => {
    const texts = readTexts(value, path, faults);
    if (texts === undefined) return undefined;
    // Indexes are those of the list as sent, empty elements included.
    const refused = (value as string[]).flatMap((text, index) => (text === '' || fields.allows(field, text) ? [] : [index]));
    for (const index of refused) refuseOption(`${path}/${index}`, faults, field);
    return refused.length === 0 ? texts : undefined;
  },
};

/** The values of a row's `customFields` by the field's id, `null` where one is cleared. Faults are noted. */
export function readCustomFields(value: unknown, fields: CustomFieldSet, faults: RowFaults): ReadonlyMap<string, CustomValue | null> | null | undefined {
  if (value === null) return null;
  if (!isObject(value)) return faults.add('/customFields', 'shape_invalid', 'customFields is an object by the keys of custom fields.');
  const read = new Map<string, CustomValue | null>();
  for (const [key, sent] of Object.entries(value)) {
    const path = pointerTo('/customFields', key);
    const field = fields.find(key);
    if (field === undefined) {
      faults.add(path, 'unknown_field', `There is no custom field ${JSON.stringify(key.slice(0, 80))}.`);
      continue;
    }
    const stored = sent === null ? null : readers[field.type](sent, path, faults, field, fields);
    if (stored !== undefined) read.set(field.id, isUnset(stored) ? null : stored);
  }
  return read;
}

function isUnset(value: CustomValue | null): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function refuseOption(path: string, faults: RowFaults, field: CustomFieldDefinition): undefined {
  const some = field.options.slice(0, 10).map((option) => JSON.stringify(option)).join(', ');
  return faults.add(path, 'value_not_allowed', `This is one of the options of ${field.key}: ${some}${field.options.length > 10 ? ', …' : ''}.`);
}
