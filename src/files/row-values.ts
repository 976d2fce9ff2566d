import { type InputFault, pointerTo } from '#kernel';
import { textsOfCell } from './cells.js';
import type { ImportFormat, ImportOptions } from './import-options.js';
import { type MappedColumn, readOnly } from './mapping.js';
import { type Cell, textOfSent } from './read/cell.js';
import type { SentRow } from './read/rows.js';
import { booleanOf, dayOf, momentOf, numberOf } from './read/values.js';

type Reading = Pick<ImportOptions, 'kind' | 'fixed' | 'decimal' | 'listSeparator' | 'dates' | 'timezone' | 'emptyCells' | 'tags'> & { readonly format: ImportFormat };

/** Members of a row that are objects of their own. */
const groups = ['customFields', 'properties'] as const;

/** The row as the batch of contacts takes it. What cannot be read stays the text that it is, and is refused there by name. */
export function contactRow({ content }: SentRow, columns: readonly MappedColumn[] | null, options: Reading): unknown {
  const row = rowOf(content, columns, options);
  if (options.tags.length === 0 || typeof row !== 'object' || row === null) return row;
  const { addTags = [] } = row as { addTags?: unknown };
  return { ...row, addTags: Array.isArray(addTags) ? [...addTags as unknown[], ...options.tags] : addTags };
}

/** The row as the batch of events takes it, and the value of the custom field that says whose it is; `null` where it has none. */
export function eventRow({ content }: SentRow, columns: readonly MappedColumn[] | null, options: Reading): { readonly row: unknown; readonly key: string | null } {
  const row = rowOf(content, columns, options);
  if (columns === null || typeof row !== 'object' || row === null) return { row, key: null };
  const { customFields = {}, ...event } = row as { customFields?: Record<string, unknown> };
  const [key = null] = Object.values(customFields);
  // An empty cell of a column of ids is a fault of the row's, and no wish for an id to be made.
  const { id = null } = event as { id?: unknown };
  return { row: id === null && columns.some(({ field }) => field === 'id') ? { ...event, id: '' } : event, key: typeof key === 'string' || typeof key === 'number' ? String(key) : null };
}

function rowOf(content: SentRow['content'], columns: readonly MappedColumn[] | null, options: Reading): unknown {
  if (typeof content === 'string') return content;
  // Refused by the batch; why, `orSaidTwice` says.
  if (saidTwice(content, options).length > 0) return null;
  const sent = isCells(content) ? cellsOf(content, columns ?? [], options) : Object.entries(content).filter(([name]) => !readOnly[options.kind].includes(name));
  return nested([...sent, ...Object.entries(options.fixed)]);
}

interface Failed { index: number; errors: readonly InputFault[] }

/** The rows that failed; of one that says what is fixed as well, that is the reason. */
export function orSaidTwice<Row extends Failed>(failed: readonly Row[], rows: readonly SentRow[], options: Pick<Reading, 'fixed'>): Row[] {
  return failed.map((row) => {
    const errors = saidTwice(rows[row.index]?.content ?? '', options);
    return errors.length === 0 ? row : { ...row, errors };
  });
}

/** Of an object its members; what columns are mapped to and is fixed as well was refused with the file. */
function saidTwice(content: SentRow['content'], { fixed }: Pick<Reading, 'fixed'>): InputFault[] {
  if (typeof content === 'string' || isCells(content)) return [];
  return Object.keys(fixed).flatMap((field) => {
    const group = groups.find((one) => field.startsWith(`${one}.`));
    const member = group === undefined ? field : field.slice(group.length + 1);
    const own = group === undefined ? content : content[group];
    const said = Object.hasOwn(content, field) || (isPlain(own) && Object.hasOwn(own, member));
    const path = pointerTo(group === undefined ? '' : pointerTo('', group), member);
    return said ? [{ path, code: 'value_invalid', message: 'This is fixed for all rows, and said here as well.' }] : [];
  });
}

function cellsOf(content: readonly Cell[], columns: readonly MappedColumn[], options: Reading): [string, unknown][] {
  const values: [string, unknown][] = [];
  for (const [at, column] of columns.entries()) {
    // A workbook leaves its empty cells out, those at the end of a row too.
    const cell = content[at] ?? (options.format === 'xlsx' ? null : undefined);
    if (column.field === null || cell === undefined) continue;
    const value = valueOf(cell, column, options);
    if (value !== undefined) values.push([column.field, value]);
  }
  return values;
}

/** `customFields.<key>` becomes a member of `customFields`, unless that is something other than an object, which the batch refuses. By `fromEntries`, to which `__proto__` is a name as any other. */
function nested(values: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const row = Object.fromEntries(values.filter(([field]) => groups.every((group) => !field.startsWith(`${group}.`))));
  for (const group of groups) {
    const members = values.filter(([field]) => field.startsWith(`${group}.`)).map(([field, value]): [string, unknown] => [field.slice(group.length + 1), value]);
    const own = row[group];
    if (members.length > 0 && (own === undefined || own === null || isPlain(own))) row[group] = Object.fromEntries([...Object.entries(own ?? {}), ...members]);
  }
  return row;
}

/** `undefined` where nothing is said. What cannot be read in its form stays what it is. */
function valueOf(cell: Cell, { kind, forms }: MappedColumn, options: Reading): unknown {
  if (typeof cell === 'object' && cell !== null) return cell;
  if (kind === 'number' && typeof cell === 'number') return cell;
  const { dates, decimal, listSeparator, timezone, values = {} } = { ...options, ...forms };
  const meant = (text: string): string => {
    const word = text.trim().toLowerCase();
    return Object.hasOwn(values, word) ? values[word] ?? text : text;
  };
  const text = meant(textOfSent(cell, options.format));
  if (text === '') return options.emptyCells === 'clear' ? null : undefined;
  const trimmed = text.trim();
  switch (kind) {
    case 'text': return text;
    case 'number': return numberOf(trimmed, decimal) ?? text;
    case 'boolean': return booleanOf(trimmed) ?? text;
    case 'date': return dayOf(trimmed, dates) ?? trimmed;
    case 'datetime': return momentOf(trimmed, dates, timezone ?? undefined) ?? trimmed;
    case 'list': return textsOfCell(text, listSeparator).map(meant);
    case 'object': return objectOf(text);
  }
}

function objectOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCells(content: readonly Cell[] | Readonly<Record<string, unknown>>): content is readonly Cell[] {
  return Array.isArray(content);
}
