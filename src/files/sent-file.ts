import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { ndjsonTypes, xlsxType } from '../http/index.js';
import { fieldsUnknown, fileFormatUnsupported, fileMissing } from './files.problems.js';
import type { ImportFormat } from './import-options.js';

/** The body itself, or the one file of a form. */
export async function fileOf(request: FastifyRequest): Promise<{ file: Readable; format: ImportFormat }> {
  if (request.isMultipart()) {
    const part = await request.file();
    if (part === undefined) throw fileMissing();
    const beside = Object.keys(part.fields).filter((name) => name !== part.fieldname);
    if (beside.length > 0) {
      part.file.resume();
      throw fieldsUnknown(beside);
    }
    const format = formatOf(part.mimetype, part.filename);
    if (format === null) {
      part.file.resume();
      throw fileFormatUnsupported();
    }
    return { file: part.file, format };
  }
  const format = formatOf(request.headers['content-type']?.toLowerCase() ?? '', '');
  if (format === null || request.body === undefined || request.body === null) throw fileMissing();
  return { file: request.body as Readable, format };
}

function formatOf(type: string, name: string): ImportFormat | null {
  if (type.startsWith(xlsxType) || /\.xls[xm]$/i.test(name)) return 'xlsx';
  if (ndjsonTypes.some((one) => type.startsWith(one)) || /\.(ndjson|jsonl)$/i.test(name)) return 'ndjson';
  return type.startsWith('text/csv') || /\.(csv|tsv|txt)$/i.test(name) ? 'csv' : null;
}
