import type { Readable } from 'node:stream';
import type { ImportFormat, ImportOptions } from '../import-options.js';
import { workbookRows } from '../xlsx/read-rows.js';
import { decoded } from './decode.js';
import { blankRows, csvRows, ndjsonRows, type SentRow } from './rows.js';

type Reader = (file: Readable, options: Pick<ImportOptions, 'encoding' | 'delimiter'>) => AsyncGenerator<SentRow>;

/** How the rows of each kind of file are read; all but NDJSON begin with a header. */
export const fileRows: Readonly<Record<ImportFormat, Reader>> = {
  csv: (file, { encoding, delimiter }) => (delimiter === ' ' ? blankRows(decoded(file, encoding)) : csvRows(decoded(file, encoding), delimiter)),
  ndjson: (file, { encoding }) => ndjsonRows(decoded(file, encoding)),
  xlsx: (file) => workbookRows(file),
};
