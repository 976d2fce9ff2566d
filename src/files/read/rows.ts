import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { fileAtFault } from '../files.problems.js';
import type { Cell } from './cell.js';

/** A row of a file as it was sent, with the line on which it begins. */
export interface SentRow {
  readonly line: number;
  /** The cells of a CSV or of a workbook, or the object of a line of NDJSON; a text where the line is no JSON. */
  readonly content: readonly Cell[] | Readonly<Record<string, unknown>> | string;
}

/** A row is held in memory as a whole: this much of it. */
export const longestRow = 1_048_576;
/** More are a file that was read wrongly. */
export const mostColumns = 1000;

/** The rows of a CSV, its header first. An open quote or an endless line ends at the longest row. */
export async function* csvRows(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<SentRow & { content: readonly string[] }> {
  const parser = Readable.from(text).on('error', (error) => parser.destroy(error))
    .pipe(parse({ delimiter, info: true, max_record_size: longestRow, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }));
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield { line, content: record };
      line = info.lines + 1;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw fileAtFault(line, error.code === 'CSV_MAX_RECORD_SIZE' || error.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'A row that begins here does not end within 1 MiB: a quote is perhaps not closed.' : 'From here on this is no CSV.');
  }
}

/** The lines of NDJSON, the empty ones left out. */
export async function* ndjsonRows(text: AsyncIterable<string>): AsyncGenerator<SentRow> {
  for await (const { line, content } of linesOf(text)) yield { line, content: objectOf(content) };
}

/** The rows of a table whose columns stand apart by blanks and tabs, however many; a cell that holds blanks, or nothing, stands in quotes. */
export async function* blankRows(text: AsyncIterable<string>): AsyncGenerator<SentRow & { content: readonly string[] }> {
  for await (const { line, content } of linesOf(text)) {
    // The end of a line of Windows is no cell.
    yield { line, content: (content.replace(/\r$/, '').match(/"(?:[^"]|"")*"(?=[ \t]|$)|[^ \t]+/g) ?? []).map((cell) => (/^"(?:[^"]|"")*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell)) };
  }
}

/** The lines of a text that hold something. */
async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<{ line: number; content: string }> {
  let [line, rest] = [0, ''];
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) {
      line += 1;
      if (one.length > longestRow) throw fileAtFault(line, 'A line has at most 1 MiB.');
      if (one.trim() !== '') yield { line, content: one };
    }
    if (rest.length > longestRow) throw fileAtFault(line + 1, 'A line has at most 1 MiB.');
  }
  if (rest.trim() !== '') yield { line: line + 1, content: rest };
}

function objectOf(line: string): SentRow['content'] {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read as Record<string, unknown> : line;
  } catch {
    return line;
  }
}
