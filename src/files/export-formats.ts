import type { Readable } from 'node:stream';
import { xlsxType } from '../http/index.js';
import { csvLines, csvText } from './csv.js';
import type { ExportColumn } from './export-columns.js';
import type { ExportedBatch, ExportedRow } from './exported-batch.js';
import { SheetWriter } from './xlsx/sheet-writer.js';
import { workbookOf } from './xlsx/workbook.js';

export const contentTypes = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson; charset=utf-8', xlsx: xlsxType } as const;
export type ExportFormat = keyof typeof contentTypes;
export const exportFormats = Object.keys(contentTypes) as readonly ExportFormat[];

/** How rows become a text, and that text the bytes of a file. */
export interface ExportWriter {
  readonly head: string;
  rows(batch: ExportedBatch): string;
  readonly tail: string;
  /** The file that the text makes, where it is not the file itself. */
  readonly packed?: (text: Readable) => Readable;
}

/** By which spreadsheets, and imports, know UTF-8. */
export const byteOrderMark = '\uFEFF';

function csvWriter(columns: readonly ExportColumn[], bom: boolean): ExportWriter {
  const line = csvLines(columns);
  return {
    tail: '',
    head: (bom ? byteOrderMark : '') + csvText([columns.map(({ name }) => name)]),
    rows: (batch) => batch.map(line).join(''),
  };
}

/** One JSON object a line, every value exactly as the API shows it. */
function ndjsonWriter(columns: readonly ExportColumn[]): ExportWriter {
  const custom = columns.filter(({ name }) => name.startsWith('customFields.'));
  const plain = columns.filter((column) => !custom.includes(column));
  const objectOf = (row: ExportedRow, from: readonly ExportColumn[], cut: number): object =>
    Object.fromEntries(from.map(({ name, valueOf }): [string, unknown] => [name.slice(cut), valueOf(row)]).filter(([, value]) => value !== undefined));
  return {
    head: '',
    tail: '',
    rows: (batch) => batch.map((row) => `${JSON.stringify({
      ...objectOf(row, plain, 0),
      ...(custom.length === 0 ? {} : { customFields: objectOf(row, custom, 'customFields.'.length) }),
    })}\n`).join(''),
  };
}

/** A workbook of one sheet. A CSV's apostrophes would be part of its texts, and are not needed: a text of a cell is no formula. */
function xlsxWriter(columns: readonly ExportColumn[]): ExportWriter {
  const sheet = new SheetWriter(columns);
  return { head: sheet.head(), rows: (batch) => sheet.rows(batch.map((row) => columns.map(({ valueOf }) => valueOf(row)))), tail: sheet.tail, packed: workbookOf };
}

const writers: Readonly<Record<ExportFormat, (columns: readonly ExportColumn[], bom: boolean) => ExportWriter>> = { csv: csvWriter, ndjson: ndjsonWriter, xlsx: xlsxWriter };

export function exportWriter(format: ExportFormat, columns: readonly ExportColumn[], bom: boolean): ExportWriter {
  return writers[format](columns, bom);
}
