import { type InputFault, invalid } from '#kernel';
import { type CustomFieldSet, textProperties } from '../contacts/index.js';
import type { Forms } from './forms.js';
import type { Mapping } from './import-options.js';

/** What a column holds, which says how its cells are read. */
export type CellKind = 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'list';

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
export const readOnly: readonly string[] = ['id', 'updatedAt', 'since', errorsColumn];
const kinds: Readonly<Record<string, CellKind>> = {
  ...Object.fromEntries(['email', 'subscriptionStatus', ...textProperties].map((name): [string, CellKind] => [name, 'text'])),
  leadScore: 'number', tags: 'list', addTags: 'list', removeTags: 'list', createdAt: 'datetime',
};
const customKinds = { text: 'text', select: 'text', number: 'number', boolean: 'boolean', date: 'date', datetime: 'datetime', multi_select: 'list' } as const;

/** The field of this name, without regard to letter case, blanks and dashes; of a custom field its key will do. */
export function fieldNamed(name: string, custom: CustomFieldSet): { field: string; kind: CellKind } | null {
  const plain = Object.keys(kinds).find((field) => bare(field) === bare(name));
  if (plain !== undefined) return { field: plain, kind: kinds[plain] ?? 'text' };
  const key = name.replace(/^customFields\./, '');
  const found = custom.find(key) ?? custom.all.find((field) => bare(field.key) === bare(key));
  return found === undefined ? null : { field: `customFields.${found.key}`, kind: customKinds[found.type] };
}

/** What each column is taken for: as the mapping says, else by its own name. Nothing is left out in silence. */
export function mappedColumns(header: readonly string[], mapping: Mapping | null, custom: CustomFieldSet): readonly MappedColumn[] {
  const faults: InputFault[] = [];
  const said: Mapping = mapping ?? new Map<string, null>();
  const absent = [...said.keys()].filter((column) => !header.includes(column));
  for (const column of absent) faults.push({ path: '/mapping', code: 'unknown_column', message: `The file has no column ${quoted(column)}.` });
  const columns = header.map((column): MappedColumn => {
    const to = said.has(column) ? said.get(column) : { field: column };
    if (to === null || to === undefined || (!said.has(column) && readOnly.includes(column))) return { column, field: null, kind: 'text' };
    const { field, ...forms } = to;
    const found = fieldNamed(field, custom);
    if (found === null) faults.push({ path: '/mapping', code: 'unknown_field', message: `The column ${quoted(column)} is no field; map it to one, or to null.` });
    return { column, field: found?.field ?? null, kind: found?.kind ?? 'text', ...(Object.keys(forms).length === 0 ? {} : { forms }) };
  });
  const fields = columns.map(({ field }) => field).filter((field) => field !== null);
  const twice = fields.find((field, at) => fields.indexOf(field) !== at);
  if (twice !== undefined) faults.push({ path: '/mapping', code: 'value_invalid', message: `Two columns are mapped to ${twice}.` });
  if (!fields.includes('email')) faults.push({ path: '/mapping', code: 'value_missing', message: 'No column is mapped to email.' });
  if (faults.length > 0) throw invalid(faults.slice(0, 50));
  return columns;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
