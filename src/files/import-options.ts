import { type InputFault, invalid } from '#kernel';
import { type Forms, isZone, type MappedTo, readMapped, signs } from './forms.js';

export type ImportFormat = 'csv' | 'ndjson' | 'xlsx';
/** For a column: the field it is taken for and the forms of its cells, `null` where it is left out. */
export type Mapping = ReadonlyMap<string, MappedTo | null>;

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
  readonly dates: NonNullable<Forms['dates']>;
  /** Of dates and times that say none; `null`: they are refused. */
  readonly timezone: string | null;
  /** Whether the first row says what the columns are; else they are `column 1`, `column 2`, …. */
  readonly header: 'yes' | 'no';
  readonly emptyCells: 'keep' | 'clear';
  readonly errorLimit: number;
  readonly tags: readonly string[];
  readonly segmentName: string | null;
}

export const words = {
  onDuplicate: ['update', 'skip', 'fill'], consent: ['keep', 'overwrite'], encoding: ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'],
  delimiter: ['comma', 'semicolon', 'tab', 'pipe'], decimal: ['point', 'comma'], listSeparator: ['semicolon', 'comma', 'pipe'],
  dates: ['iso', 'dmy', 'mdy', 'ymd'], emptyCells: ['keep', 'clear'], header: ['yes', 'no'],
} as const;

/** What the query of an import may hold, after its shape was checked. */
export type SentOptions = { readonly [Name in keyof typeof words]?: (typeof words)[Name][number] } & {
  readonly mapping?: string; readonly timezone?: string; readonly errorLimit?: number; readonly tags?: string; readonly segmentName?: string;
};

export function readOptions(sent: SentOptions): ImportOptions {
  return {
    mapping: sent.mapping === undefined ? null : readMapping(sent.mapping),
    onDuplicate: sent.onDuplicate ?? 'update', consent: sent.consent ?? 'keep', encoding: sent.encoding ?? 'utf-8',
    delimiter: signs[sent.delimiter ?? 'comma'], decimal: signs[sent.decimal ?? 'point'], listSeparator: signs[sent.listSeparator ?? 'semicolon'],
    dates: sent.dates ?? 'iso', timezone: sent.timezone === undefined ? null : readZone(sent.timezone), header: sent.header ?? 'yes', emptyCells: sent.emptyCells ?? 'keep', errorLimit: sent.errorLimit ?? 10_000,
    tags: (sent.tags ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''), segmentName: sent.segmentName ?? null,
  };
}

function readMapping(text: string): Mapping {
  const fault = (message: string): never => { throw invalid([{ path: '/mapping', code: 'value_invalid', message } satisfies InputFault]); };
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return fault('mapping is a JSON object: {"<column>": "<field>", null, or {"field": "<field>", …}}.');
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return fault('mapping is a JSON object: {"<column>": "<field>", null, or {"field": "<field>", …}}.');
  return new Map(Object.entries(read).map(([column, sent]) => [column, readMapped(column, sent)]));
}

function readZone(name: string): string {
  if (!isZone(name)) throw invalid([{ path: '/timezone', code: 'value_invalid', message: 'timezone is the name of a time zone, such as Europe/Berlin.' }]);
  return name;
}
