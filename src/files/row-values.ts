import { textsOfCell } from './cells.js';
import type { ImportFormat, ImportOptions } from './import-options.js';
import { type MappedColumn, readOnly } from './mapping.js';
import { type Cell, textOfSent } from './read/cell.js';
import type { SentRow } from './read/rows.js';
import { booleanOf, dayOf, momentOf, numberOf } from './read/values.js';

type Reading = Pick<ImportOptions, 'decimal' | 'listSeparator' | 'dates' | 'timezone' | 'emptyCells' | 'tags'> & { readonly format: ImportFormat };

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
  for (const [at, column] of (columns ?? []).entries()) {
    const { field } = column;
    // A workbook leaves its empty cells out, those at the end of a row too.
    const cell = content[at] ?? (options.format === 'xlsx' ? null : undefined);
    if (field === null || cell === undefined) continue;
    const value = valueOf(cell, column, options);
    if (value === undefined) continue;
    if (field.startsWith('customFields.')) custom.push([field.slice('customFields.'.length), value]);
    else plain.push([field, value]);
  }
  return Object.fromEntries(custom.length === 0 ? plain : [...plain, ['customFields', Object.fromEntries(custom)]]);
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
  }
}

function isCells(content: readonly Cell[] | Readonly<Record<string, unknown>>): content is readonly Cell[] {
  return Array.isArray(content);
}
