import { parseDay } from '#kernel';
import { textsOfCell } from './cells.js';
import type { ImportFormat, ImportOptions } from './import-options.js';
import { type CellKind, type MappedColumn, readOnly } from './mapping.js';
import { type Cell, textOfSent } from './read/cell.js';
import type { SentRow } from './read/rows.js';

type Reading = Pick<ImportOptions, 'decimal' | 'listSeparator' | 'dates' | 'emptyCells' | 'tags'> & { readonly format: ImportFormat };

/** A workbook's day that is shown with a time, which it does not have. */
const midnight = /(?<=^\d{4}-\d{2}-\d{2})T00:00:00(\.000)?$/;
const trueWords = ['true', 'yes', 'y', '1'];
const falseWords = ['false', 'no', 'n', '0'];

/** The row as the batch of contacts takes it. What cannot be read stays the text that it is, and is refused there by name. */
export function contactRow({ content }: SentRow, columns: readonly MappedColumn[] | null, options: Reading): unknown {
  const row = rowOf(content, columns, options);
  if (options.tags.length === 0 || typeof row !== 'object' || row === null) return row;
  const { addTags = [] } = row as { addTags?: unknown };
  return { ...row, addTags: Array.isArray(addTags) ? [...addTags as unknown[], ...options.tags] : addTags };
}

function rowOf(content: SentRow['content'], columns: readonly MappedColumn[] | null, options: Reading): unknown {
  if (typeof content === 'string') return content;
  if (!isCells(content)) return Object.fromEntries(Object.entries(content).filter(([name]) => !readOnly.includes(name)));
  const plain: [string, unknown][] = [];
  const custom: [string, unknown][] = [];
  for (const [at, { field, kind }] of (columns ?? []).entries()) {
    // A workbook leaves its empty cells out, those at the end of a row too.
    const cell = content[at] ?? (options.format === 'xlsx' ? null : undefined);
    if (field === null || cell === undefined) continue;
    const value = valueOf(cell, kind, options);
    if (value === undefined) continue;
    if (field.startsWith('customFields.')) custom.push([field.slice('customFields.'.length), value]);
    else plain.push([field, value]);
  }
  return Object.fromEntries(custom.length === 0 ? plain : [...plain, ['customFields', Object.fromEntries(custom)]]);
}

/** `undefined` where nothing is said. */
function valueOf(cell: Cell, kind: CellKind, options: Reading): unknown {
  if (cell === '' || cell === null) return options.emptyCells === 'clear' ? null : undefined;
  if (typeof cell === 'object' || (kind === 'number' && typeof cell !== 'string')) return cell;
  const text = textOfSent(cell, options.format);
  switch (kind) {
    case 'text': return text;
    case 'number': return numberOf(text.trim(), options.decimal);
    case 'boolean': return trueWords.includes(text.trim().toLowerCase()) ? true : falseWords.includes(text.trim().toLowerCase()) ? false : text;
    case 'date': return dayOf(text.trim().replace(midnight, ''), options.dates);
    case 'datetime': return text.trim();
    case 'list': return textsOfCell(text, options.listSeparator);
  }
}

function numberOf(text: string, decimal: '.' | ','): unknown {
  const plain = decimal === '.' ? text : text.replaceAll('.', '').replace(',', '.');
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : text;
}

function dayOf(text: string, dates: ImportOptions['dates']): string {
  const [, first, second, year] = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(text) ?? [];
  if (dates === 'iso' || first === undefined || second === undefined || year === undefined) return text;
  const [day, month] = dates === 'dmy' ? [first, second] : [second, first];
  return parseDay(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`) ?? text;
}

function isCells(content: readonly Cell[] | Readonly<Record<string, unknown>>): content is readonly Cell[] {
  return Array.isArray(content);
}
