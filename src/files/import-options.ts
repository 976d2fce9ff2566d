import { type InputFault, invalid } from '#kernel';
import { type Forms, isZone, type MappedTo, readMapped, signs } from './forms.js';

/** What the rows of a file are. */
export type ImportKind = 'contacts' | 'events';
export type ImportFormat = 'csv' | 'ndjson' | 'xlsx';
/** For a column: the field it is taken for and the forms of its cells, `null` where it is left out. */
export type Mapping = ReadonlyMap<string, MappedTo | null>;

/** How a file is read and what its rows may do. */
export interface ImportOptions {
  readonly kind: ImportKind;
  readonly mapping: Mapping | null;
  /** Fields that every row has without a column of theirs, with the value as JSON. */
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly onDuplicate: 'update' | 'skip' | 'fill';
  /** `overwrite` is the importer's explicit word that unsubscribed, bounced and complained contacts become active again. */
  readonly consent: 'keep' | 'overwrite';
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  /** A blank stands for any number of blanks and tabs. */
  readonly delimiter: ',' | ';' | '\t' | '|' | ' ';
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
  kind: ['contacts', 'events'],
  onDuplicate: ['update', 'skip', 'fill'], consent: ['keep', 'overwrite'], encoding: ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'],
  delimiter: ['comma', 'semicolon', 'tab', 'pipe', 'whitespace'], decimal: ['point', 'comma'], listSeparator: ['semicolon', 'comma', 'pipe'],
  dates: ['iso', 'dmy', 'mdy', 'ymd'], emptyCells: ['keep', 'clear'], header: ['yes', 'no'],
} as const;

/** What the query of an import may hold, after its shape was checked. */
export type SentOptions = { readonly [Name in keyof typeof words]?: (typeof words)[Name][number] } & {
  readonly mapping?: string; readonly fixed?: string; readonly timezone?: string; readonly errorLimit?: number; readonly tags?: string; readonly segmentName?: string;
};

export function readOptions(sent: SentOptions): ImportOptions {
  const kind = sent.kind ?? 'contacts';
  if (kind === 'events') refuseForEvents(sent);
  return {
    kind, fixed: sent.fixed === undefined ? {} : readFixed(sent.fixed),
    mapping: sent.mapping === undefined ? null : readMapping(sent.mapping),
    onDuplicate: sent.onDuplicate ?? 'update', consent: sent.consent ?? 'keep', encoding: sent.encoding ?? 'utf-8',
    delimiter: signs[sent.delimiter ?? 'comma'], decimal: signs[sent.decimal ?? 'point'], listSeparator: signs[sent.listSeparator ?? 'semicolon'],
    dates: sent.dates ?? 'iso', timezone: sent.timezone === undefined ? null : readZone(sent.timezone), header: sent.header ?? 'yes', emptyCells: sent.emptyCells ?? 'keep', errorLimit: sent.errorLimit ?? 10_000,
    tags: (sent.tags ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''), segmentName: sent.segmentName ?? null,
  };
}

/** What is of contacts only, and would do nothing to events. */
function refuseForEvents(sent: SentOptions): void {
  const faults = (['onDuplicate', 'consent', 'tags', 'segmentName'] as const).filter((name) => sent[name] !== undefined)
    .map((name): InputFault => ({ path: `/${name}`, code: 'value_not_allowed', message: `${name} is of contacts; an import of events has none.` }));
  if (faults.length > 0) throw invalid(faults);
}

function readFixed(text: string): Readonly<Record<string, unknown>> {
  const read = jsonOf(text);
  if (isRecord(read)) return read;
  throw invalid([{ path: '/fixed', code: 'value_invalid', message: 'fixed is a JSON object: {"<field>": <value>}.' }]);
}

function readMapping(text: string): Mapping {
  const read = jsonOf(text);
  if (isRecord(read)) return new Map(Object.entries(read).map(([column, sent]) => [column, readMapped(column, sent)]));
  throw invalid([{ path: '/mapping', code: 'value_invalid', message: 'mapping is a JSON object: {"<column>": "<field>", null, or {"field": "<field>", …}}.' }]);
}

function isRecord(read: unknown): read is Record<string, unknown> {
  return typeof read === 'object' && read !== null && !Array.isArray(read);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readZone(name: string): string {
  if (!isZone(name)) throw invalid([{ path: '/timezone', code: 'value_invalid', message: 'timezone is the name of a time zone, such as Europe/Berlin.' }]);
  return name;
}
