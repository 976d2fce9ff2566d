import { type InputFault, invalid } from '#kernel';

export type ImportFormat = 'csv' | 'ndjson' | 'xlsx';
/** For a column: the field it is taken for, `null` where it is left out. */
export type Mapping = Readonly<Record<string, string | null>>;

/** How a file is read and what its rows may do. */
export interface ImportOptions {
  readonly mapping: Mapping | null;
  readonly onDuplicate: 'update' | 'skip' | 'fill';
  /** `overwrite` is the importer's explicit word that unsubscribed, bounced and complained contacts become active again. */
  readonly consent: 'keep' | 'overwrite';
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  readonly delimiter: ',' | ';' | '\t' | '|';
  readonly decimal: '.' | ',';
  readonly listSeparator: ';' | ',' | '|';
  readonly dates: 'iso' | 'dmy' | 'mdy';
  readonly emptyCells: 'keep' | 'clear';
  readonly errorLimit: number;
  readonly tags: readonly string[];
  readonly segmentName: string | null;
}

export const words = {
  onDuplicate: ['update', 'skip', 'fill'], consent: ['keep', 'overwrite'], encoding: ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'],
  delimiter: ['comma', 'semicolon', 'tab', 'pipe'], decimal: ['point', 'comma'], listSeparator: ['semicolon', 'comma', 'pipe'],
  dates: ['iso', 'dmy', 'mdy'], emptyCells: ['keep', 'clear'],
} as const;

const signs = { comma: ',', semicolon: ';', tab: '\t', pipe: '|', point: '.' } as const;

/** What the query of an import may hold, after its shape was checked. */
export type SentOptions = { readonly [Name in keyof typeof words]?: (typeof words)[Name][number] } & {
  readonly mapping?: string; readonly errorLimit?: number; readonly tags?: string; readonly segmentName?: string;
};

export function readOptions(sent: SentOptions): ImportOptions {
  return {
    mapping: sent.mapping === undefined ? null : readMapping(sent.mapping),
    onDuplicate: sent.onDuplicate ?? 'update', consent: sent.consent ?? 'keep', encoding: sent.encoding ?? 'utf-8',
    delimiter: signs[sent.delimiter ?? 'comma'], decimal: signs[sent.decimal ?? 'point'], listSeparator: signs[sent.listSeparator ?? 'semicolon'],
    dates: sent.dates ?? 'iso', emptyCells: sent.emptyCells ?? 'keep', errorLimit: sent.errorLimit ?? 10_000,
    tags: (sent.tags ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''), segmentName: sent.segmentName ?? null,
  };
}

function readMapping(text: string): Mapping {
  const fault = (message: string): never => { throw invalid([{ path: '/mapping', code: 'value_invalid', message } satisfies InputFault]); };
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return fault('mapping is a JSON object: {"<column>": "<field>" or null}.');
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return fault('mapping is a JSON object: {"<column>": "<field>" or null}.');
  const odd = Object.entries(read).find(([, field]) => field !== null && typeof field !== 'string');
  if (odd !== undefined) return fault(`The column ${JSON.stringify(odd[0].slice(0, 80))} is mapped to a field's name, or null.`);
  return read as Mapping;
}
