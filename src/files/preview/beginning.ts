import { Readable } from 'node:stream';
import { Problem } from '#kernel';
import type { ImportFormat, ImportOptions } from '../import-options.js';
import { markedEncoding } from '../read/decode.js';
import { fileRows } from '../read/file-rows.js';
import type { SentRow } from '../read/rows.js';

type Encoding = ImportOptions['encoding'];
type Delimiter = ImportOptions['delimiter'];

/** Of a file of text, so much is looked at. */
const mostBytes = 256 * 1024;
const mostRows = 500;
/** So many of the lines have as many cells as the first where blanks stand between them. */
const likeTheFirst = 0.9;
/** Blanks last: of sentences, and of two words in a header, they make cells too. */
const delimiters: readonly Delimiter[] = [',', ';', '\t', '|', ' '];

export interface Beginning {
  readonly rows: readonly SentRow[];
  /** Whether these are all. */
  readonly whole: boolean;
  readonly encoding: Encoding | null;
  readonly delimiter: Delimiter | null;
}

/** The first rows of a file, in the encoding and with the delimiter that were said, or else that they seem to have. */
export async function beginningOf(file: Readable, format: ImportFormat, said: { encoding: Encoding | null; delimiter: Delimiter | null }): Promise<Beginning> {
  const plain = { encoding: 'utf-8', delimiter: ',' } as const;
  if (format === 'xlsx') return { ...await firstRows(file, format, plain, true), encoding: null, delimiter: null };
  const { bytes, whole } = await firstBytes(file);
  const encoding = markedEncoding(bytes) ?? said.encoding ?? encodingOf(bytes);
  const usable = whole ? bytes : bytes.subarray(0, lastBreak(bytes, encoding));
  const read = async (delimiter: Delimiter): Promise<{ rows: SentRow[]; whole: boolean }> => await firstRows(Readable.from([usable]), format, { encoding, delimiter }, whole);
  if (format === 'ndjson') return { ...await read(','), encoding, delimiter: null };
  const delimiter = said.delimiter ?? await delimiterOf(read);
  return { ...await read(delimiter), encoding, delimiter };
}

async function firstBytes(file: Readable): Promise<{ bytes: Buffer; whole: boolean }> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of file.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > mostBytes) return { bytes: Buffer.concat(pieces), whole: false };
  }
  return { bytes: Buffer.concat(pieces), whole: true };
}

/** UTF-16 has a zero in nearly every second byte; what is no UTF-8 is of one byte a letter. */
function encodingOf(bytes: Buffer): Encoding {
  const zeros = [0, 0];
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > bytes.length / 5) return 'utf-16le';
  if (even > bytes.length / 5) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** Behind the last line that is whole; a cut letter would be a fault of ours. */
function lastBreak(bytes: Buffer, encoding: Encoding): number {
  const lineEnd = encoding === 'utf-16le' ? Buffer.from([0x0A, 0]) : encoding === 'utf-16be' ? Buffer.from([0, 0x0A]) : Buffer.from([0x0A]);
  const at = bytes.lastIndexOf(lineEnd);
  return at === -1 ? bytes.length - bytes.length % 2 : at + lineEnd.length;
}

/** The one that cuts rows into most cells, and all into as many. */
async function delimiterOf(read: (delimiter: Delimiter) => Promise<{ rows: SentRow[] }>): Promise<Delimiter> {
  let best: { delimiter: Delimiter; score: number } = { delimiter: ',', score: 0 };
  for (const delimiter of delimiters) {
    const widths = (await read(delimiter).catch(() => ({ rows: [] }))).rows.slice(0, 100).map(({ content }) => (content as readonly unknown[]).length);
    const width = widths[0] ?? 0;
    const alike = widths.filter((one) => one === width).length / widths.length;
    const score = width < 2 ? 0 : alike * Math.log2(width + 1);
    if (score > best.score && (delimiter !== ' ' || (best.score === 0 && alike >= likeTheFirst))) best = { delimiter, score };
  }
  return best.delimiter;
}

/** A fault behind the rows counts only where the file was not cut by us. */
async function firstRows(file: Readable, format: ImportFormat, options: { encoding: Encoding; delimiter: Delimiter }, whole: boolean): Promise<{ rows: SentRow[]; whole: boolean }> {
  const rows: SentRow[] = [];
  try {
    for await (const row of fileRows[format](file, options)) {
      if (rows.length >= mostRows) return { rows, whole: false };
      rows.push(row);
    }
  } catch (error) {
    if (whole || !(error instanceof Problem)) throw error;
  }
  return { rows, whole };
}

/** A first row of names: none of them an address, a number or a date. */
export function looksLikeHeader(cells: readonly string[]): boolean {
  const names = cells.map((cell) => cell.trim()).filter((name) => name !== '');
  return names.length > 0 && !names.some((name) => name.includes('@') || /^[\d.,:/+-]+$/.test(name));
}
