import { conflict, invalid, notFound, pointerTo, Problem } from '#kernel';
import { xlsxType } from '../http/index.js';

export const importNotFound = (id: string): Problem => notFound('import', id);

export const exportNotFound = (id: string): Problem => notFound('export', id);

export function segmentOfExport(what: string): Problem {
  return invalid([{
    path: '/segmentId', code: what === 'members' ? 'value_missing' : 'value_not_allowed', message: what === 'members' ? 'Members are of a segment.' : `All ${what} are of no segment.`,
  }]);
}

export function exportEnded(status: string): Problem {
  return conflict('export-ended', `The export has ended already: it is ${status}.`);
}

export function exportNotReady(status: string): Problem {
  return conflict('export-not-ready', `An export has a file once it has succeeded; this one is ${status}.`);
}

export function exportExpired(): Problem {
  return new Problem('gone', 410, 'Gone', 'The file is there no more: a week has passed, or a person was erased who may have been in it.');
}

export function tooManyWorkbooks(): Problem {
  return new Problem('busy', 503, 'Unavailable', 'As many workbooks as this process reads at once are being read.', [], {}, 5);
}

export function tooManyWorkbooksOfTenant(most: number): Problem {
  return new Problem('too-many-requests', 429, 'Too many requests', `${most} workbooks are read at once; a CSV of the same rows waits for none.`, [], {}, 5);
}

export function tooManySheetRows(most: number): Problem {
  return invalid([{ path: '/format', code: 'value_not_allowed', message: `A sheet holds ${most.toLocaleString('en-US')} rows below its header, and there are more; csv and ndjson hold any number.` }]);
}

export function cellTooLong(field: string, rowId: string, most: number): Problem {
  return invalid([{
    path: '/format', code: 'value_not_allowed',
    message: `A cell holds ${most.toLocaleString('en-US')} characters, and ${field} of ${JSON.stringify(rowId)} has more; leave the field out of fields, or take csv or ndjson.`,
  }]);
}

export function fileAtFault(line: number, message: string): Problem {
  return invalid([{ path: `/file/${line}`, code: 'shape_invalid', message }], `Line ${line}: ${message} Nothing was imported.`);
}

export function workbookAtFault(message: string): Problem {
  return invalid([{ path: '/file', code: 'shape_invalid', message }], `The workbook cannot be read. ${message} Nothing was imported.`);
}

export function fileTooLarge(most: number): Problem {
  return new Problem('too-large', 413, 'Too large', `A workbook has at most ${most / 1024 ** 2} MiB; a CSV may have any length. Nothing was imported.`);
}

export function tooManyColumns(most: number): Problem {
  return invalid([{ path: '/file', code: 'value_invalid', message: `A file has at most ${most} columns.` }]);
}

export function notInEncoding(encoding: string): Problem {
  return invalid([{ path: '/encoding', code: 'value_invalid', message: `The file is not in ${encoding}; say its encoding (utf-8, utf-16le, utf-16be, windows-1252).` }]);
}

export function fileMissing(): Problem {
  return invalid([{ path: '/file', code: 'value_missing', message: `A file is sent as text/csv, as application/x-ndjson, as ${xlsxType}, or as a part of multipart/form-data.` }]);
}

export function fieldsUnknown(names: readonly string[]): Problem {
  return invalid(names.map((name) => ({ path: pointerTo('', name), code: 'unknown_property', message: 'A form has the file and nothing beside it; options are sent in the query.' })));
}

export function fileFormatUnsupported(): Problem {
  return invalid([{ path: '/file', code: 'value_not_allowed', message: `Files are CSV (.csv, text/csv), NDJSON (.ndjson, .jsonl, application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonlines) or workbooks (.xlsx, ${xlsxType}).` }]);
}

export function importEnded(status: string): Problem {
  return conflict('import-ended', `The import has ended already: it is ${status}.`);
}

export function notRolledBack(status: string): Problem {
  return conflict('import-under-way', `Only an import that has ended is rolled back; this one is ${status}.`);
}
