import { type InputFault, invalid } from '#kernel';
import { type CustomFieldSet, textProperties } from '../contacts/index.js';
import { foldedWords, type Forms } from './forms.js';
import type { ImportKind, ImportOptions } from './import-options.js';

/** What a column holds, which says how its cells are read. */
export type CellKind = 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'list' | 'object';

/** What a column of a file is taken for. */
export interface MappedColumn {
  readonly column: string;
  /** `email`, `firstName`, …, `customFields.<key>`; `null` where it is left out. */
  readonly field: string | null;
  readonly kind: CellKind;
  /** How its cells are written, where the mapping says so. */
  readonly forms?: Forms;
}

/** What is wrong with a row, in the file of errors. */
export const errorsColumn = 'errors';
/** Files that come from here have these; no import sets them. */
export const readOnly: Readonly<Record<ImportKind, readonly string[]>> = {
  contacts: ['id', 'updatedAt', 'since', errorsColumn], events: ['receivedAt', errorsColumn],
};
const kinds: Readonly<Record<string, CellKind>> = {
  ...Object.fromEntries(['email', 'subscriptionStatus', ...textProperties].map((name): [string, CellKind] => [name, 'text'])),
  leadScore: 'number', tags: 'list', addTags: 'list', removeTags: 'list', createdAt: 'datetime',
};
const eventKinds: Readonly<Record<string, CellKind>> = {
  id: 'text', type: 'text', email: 'text', contactId: 'text', occurredAt: 'datetime', campaignId: 'text', url: 'text', device: 'text', revenue: 'number', properties: 'object',
};
const customKinds = { text: 'text', select: 'text', number: 'number', boolean: 'boolean', date: 'date', datetime: 'datetime', multi_select: 'list' } as const;

/** The field of this name, without regard to letter case, blanks and dashes; of a custom field its key will do. */
export function fieldNamed(name: string, custom: CustomFieldSet, of: ImportKind = 'contacts'): { field: string; kind: CellKind } | null {
  const known = of === 'events' ? eventKinds : kinds;
  const plain = Object.keys(known).find((field) => bare(field) === bare(name));
  if (plain !== undefined) return { field: plain, kind: known[plain] ?? 'text' };
  if (of === 'events' && /^properties\../s.test(name)) return { field: name, kind: 'text' };
  const key = name.replace(/^customFields\./, '');
  const found = custom.find(key) ?? custom.all.find((field) => bare(field.key) === bare(key));
  return found === undefined ? null : { field: `customFields.${found.key}`, kind: customKinds[found.type] };
}

/** What each column is taken for: as the mapping says, else by its own name. Nothing is left out in silence. */
export function mappedColumns(header: readonly string[], { mapping, fixed, kind: of }: Pick<ImportOptions, 'mapping' | 'fixed' | 'kind'>, custom: CustomFieldSet): readonly MappedColumn[] {
  const faults: InputFault[] = [];
  const fault = (code: string, message: string): void => { faults.push({ path: '/mapping', code, message }); };
  const said = mapping ?? new Map<string, null>();
  for (const column of said.keys()) if (!header.includes(column)) fault('unknown_column', `The file has no column ${quoted(column)}.`);
  const columns = header.map((column): MappedColumn => {
    const to = said.has(column) ? said.get(column) : { field: column };
    if (to === null || to === undefined || (!said.has(column) && readOnly[of].includes(column))) return { column, field: null, kind: 'text' };
    const { field, ...sent } = to;
    const forms: Forms = sent.values === undefined ? sent : { ...sent, values: foldedWords(sent.values) };
    const found = fieldNamed(field, custom, of);
    if (found === null) fault('unknown_field', `The column ${quoted(column)} is no field; map it to one, or to null.`);
    if (forms.as !== undefined && !(found?.field.startsWith('properties.') ?? false)) fault('value_not_allowed', `Of the column ${quoted(column)}: as is said of a property of events only.`);
    return { column, field: found?.field ?? null, kind: forms.as ?? found?.kind ?? 'text', ...(Object.keys(forms).length === 0 ? {} : { forms }) };
  });
  const fields = [...columns.map(({ field }) => field).filter((field) => field !== null), ...Object.keys(fixed)];
  const twice = fields.find((field, at) => fields.indexOf(field) !== at);
  if (twice !== undefined) fault('value_invalid', `Two columns are mapped to ${twice}, or it is fixed as well.`);
  if (of === 'events' && fields.includes('properties') && fields.some((field) => field.startsWith('properties.'))) fault('value_invalid', 'properties is mapped as a whole, or property by property.');
  for (const needed of missingFields(fields, of)) fault('value_missing', `No column is mapped to ${needed}.`);
  if (of === 'events') for (const message of keyFaults(fields, custom)) fault('value_invalid', message);
  if (faults.length > 0) throw invalid(faults.slice(0, 50));
  return columns;
}

/** What a row needs and none of the fields gives. */
export function missingFields(fields: readonly string[], of: ImportKind): readonly string[] {
  if (of === 'contacts') return fields.includes('email') ? [] : ['email'];
  const named = fields.some((field) => field === 'email' || field === 'contactId' || field.startsWith('customFields.'));
  return [...(named ? [] : ['email, contactId or a custom field that names contacts']), ...['type', 'occurredAt'].filter((field) => !fields.includes(field))];
}

/** Whether values of a custom field of this type can name a contact. */
export function namesContacts(type: string): boolean {
  return ['text', 'select', 'number'].includes(type);
}

/** A custom field of an event says whose it is: one alone, whose values can name somebody. */
function keyFaults(fields: readonly string[], custom: CustomFieldSet): readonly string[] {
  const keys = fields.filter((field) => field.startsWith('customFields.'));
  if (keys.length === 0) return [];
  const type = custom.find((keys[0] ?? '').slice('customFields.'.length))?.type ?? '';
  return [
    ...(keys.length > 1 || fields.includes('email') || fields.includes('contactId') ? ['Whose an event is, is said once: by email and contactId, or by one custom field.'] : []),
    ...(namesContacts(type) ? [] : [`By ${keys[0]}, which is of the type ${type}, no contact is found; by a text, select or number one is.`]),
  ];
}

/** The fields that every row has, by their names; a wrong one is a fault. */
export function fixedFields(fixed: ImportOptions['fixed'], of: ImportKind, custom: CustomFieldSet): ImportOptions['fixed'] {
  const faults: InputFault[] = [];
  const found = Object.entries(fixed).map(([name, value]): [string, unknown] => {
    const field = fieldNamed(name, custom, of)?.field;
    if (field === undefined || (of === 'events' && field.startsWith('customFields.'))) faults.push({ path: '/fixed', code: 'unknown_field', message: `${quoted(name)} is no field that can be fixed.` });
    return [field ?? name, value];
  });
  if (faults.length > 0) throw invalid(faults.slice(0, 50));
  return Object.fromEntries(found);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
