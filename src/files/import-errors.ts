import type { InputFault } from '#kernel';
import type { ImportErrorDto } from './dto/import.dto.js';
import { csvText } from './csv.js';
import { byteOrderMark } from './export-formats.js';
import { errorsColumn, type MappedColumn } from './mapping.js';
import { type Cell, textOfSent } from './read/cell.js';
import type { SentRow } from './read/rows.js';
import type { StoredOptions } from './receive.service.js';

/** A row of `import_error`. */
export interface ErrorRow { line: number; original: SentRow['content']; errors: InputFault[] }

/** How the file was written whose rows these are. */
export type FileForm = Pick<StoredOptions, 'columns' | 'delimiter' | 'encoding' | 'format'>;

export function shownError({ line, original, errors }: ErrorRow, columns: readonly MappedColumn[] | null): ImportErrorDto {
  return {
    line, errors: errors.map(({ path, code, message }) => {
      const steps = path.split('/').slice(1, /^\/(customFields|properties)\//.test(path) ? 3 : 2).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
      const field = steps.join('.');
      const at = columns?.findIndex((column) => column.field === field || column.field === steps[0]) ?? -1;
      const value: unknown = Array.isArray(original) ? (original as Cell[])[at] : typeof original === 'string' ? original.slice(0, 1000) : memberOf(original, steps);
      return { column: columns?.[at]?.column ?? (columns === null && field !== '' ? field : null), path, value: value ?? null, code, reason: message };
    }),
  };
}

/** The rows as they were sent, in the form in which they were, with what is wrong in a column that an import leaves out. */
export function errorFile(rows: readonly ErrorRow[], { columns, delimiter, encoding, format: sentAs }: FileForm, format: 'csv' | 'ndjson'): string {
  // Of a file of errors that was sent again, its own errors are told no more.
  const sent = (columns ?? [{ column: 'row', field: 'row', kind: 'text' }]).map(({ column, field }, at) => ({ column, field, at })).filter(({ column, field }) => column !== errorsColumn || field !== null);
  if (format === 'ndjson') {
    return rows.map(({ original, errors }) => `${JSON.stringify({ ...objectOf(original, sent), [errorsColumn]: inWords(errors) })}\n`).join('');
  }
  const width = columns?.length ?? 1;
  const body = rows.map(({ original, errors }) => {
    const cells = Array.isArray(original) ? original as Cell[] : [JSON.stringify(original)];
    // Cells beyond the header stay where they stand: often the fault is a comma too many.
    return [...sent.map(({ at }) => textOfSent(cells[at], sentAs)), inWords(errors), ...cells.slice(width).map((cell) => textOfSent(cell, sentAs))];
  });
  // What was said of the original's encoding is said again of this file: a mark goes before it.
  return (encoding === 'utf-8' ? '' : byteOrderMark) + csvText([[...sent.map(({ column }) => column), errorsColumn], ...body], delimiter);
}

function inWords(errors: readonly InputFault[]): string {
  return errors.map(({ path, message }) => `${path}: ${message}`).join(' ');
}

function objectOf(original: SentRow['content'], sent: readonly { column: string; at: number }[]): object {
  if (Array.isArray(original)) return Object.fromEntries(sent.map(({ column, at }) => [column, (original as Cell[])[at] ?? '']));
  return typeof original === 'string' ? { row: original } : original;
}

function memberOf(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((at, step) => (typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Record<string, unknown>)[step] : null), value);
}
