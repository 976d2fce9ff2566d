import { instantOf, sql, type Sql } from '#database';
import type { InputFault } from '#kernel';
import { invalid } from '#kernel';
import type { CustomFieldSet } from '../contacts/index.js';
import type { ExportSource } from './export-source.js';
import type { ExportedRow } from './exported-batch.js';

/** A field of a source: its column as a text, and what that text stands for where it is not the value itself. */
export interface ExportField {
  readonly column: Sql;
  readonly read?: (text: string) => unknown;
  /** What it stands for where it is unset; null unless told. */
  readonly unset?: unknown;
  /** Whether a CSV shows the text itself. */
  readonly shown: boolean;
}

/** One column of an export: its name, and the value that a row has there, as its JSON has it. */
export interface ExportColumn {
  readonly name: string;
  /** Whether its texts are days, `YYYY-MM-DD`. */
  readonly isDay: boolean;
  /** At which place of the texts that are read its value is what a CSV shows, if it is. */
  readonly shownAt: number | null;
  readonly valueOf: (row: ExportedRow) => unknown;
}

const customColumn = 'custom';

const text = (column: Sql): ExportField => ({ column, shown: true });
const id = (column: Sql): ExportField => ({ column: sql`${column}::text`, shown: true });
const whole = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: Number, shown: true });
const number = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: Number, shown: false });
const json = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: JSON.parse, shown: false });
/** As JSON it has quotes in a CSV, unless it is empty. */
const list = (column: Sql): ExportField => ({ column: sql`nullif(to_json(${column})::text, '[]')`, read: JSON.parse, unset: [], shown: true });
const instant = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: (stored) => instantOf(stored).toISOString(), shown: false });

/** Of a contact `c`. */
export const contactFields = {
  id: id(sql`c.id`), email: text(sql`c.email`), firstName: text(sql`c.first_name`), lastName: text(sql`c.last_name`), company: text(sql`c.company`),
  jobTitle: text(sql`c.job_title`), phone: text(sql`c.phone`), country: text(sql`c.country`), state: text(sql`c.state`), city: text(sql`c.city`),
  timezone: text(sql`c.timezone`), subscriptionStatus: text(sql`c.subscription_status`), leadScore: whole(sql`c.lead_score`), tags: list(sql`c.tags`),
  source: text(sql`c.source`), createdAt: instant(sql`c.created_at`), updatedAt: instant(sql`c.updated_at`),
};

/** Of a contact `c` as a member `m`. */
export const memberFields = { ...contactFields, since: instant(sql`m.since`) };

/** Of an event `e` of a contact `c`, of an own type `t` or none. */
export const eventFields = {
  id: text(sql`e.id`), type: text(sql`coalesce(t.key, e.type)`), contactId: id(sql`e.contact_id`), email: text(sql`c.email`), occurredAt: instant(sql`e.occurred_at`),
  campaignId: text(sql`e.campaign_id`), url: text(sql`e.url`), device: text(sql`e.device`), revenue: number(sql`e.revenue`),
  properties: json(sql`e.properties`), receivedAt: instant(sql`e.received_at`),
};

const most = 300;

/** The columns asked for, in that order; without `fields` all, the tenant's custom fields behind them. */
export function exportColumns(fields: string | undefined, plain: ExportSource['fields'], custom: CustomFieldSet | null): readonly ExportColumn[] {
  const customNames = (custom?.all ?? []).map(({ key }) => `customFields.${key}`);
  const known = new Set([...Object.keys(plain), ...customNames]);
  const names = fields === undefined ? [...known] : asked(fields, customNames, custom !== null);
  const faults = names.filter((name) => !known.has(name)).map((name): InputFault => ({
    path: '/fields', code: 'unknown_field', message: `There is no field ${JSON.stringify(name.slice(0, 80))} to export.`,
  }));
  if (new Set(names).size < names.length) faults.push({ path: '/fields', code: 'value_invalid', message: 'A field is exported once.' });
  if (names.length > most && fields !== undefined) faults.push({ path: '/fields', code: 'value_invalid', message: `At most ${most} fields are named.` });
  if (faults.length > 0) throw invalid(faults.slice(0, 20));
  const read = fieldsRead(names, { fields: plain, custom });
  const place = (name: string): number => read.findIndex(([known]) => known === name);
  const once = readOnce();
  return names.map((name) => {
    const field = custom?.find(customKey(name) ?? '');
    return field === undefined ? column(name, place(name), plain[name]!) : customOf(name, place(customColumn), field, once);
  });
}

/** `customFields` stands for all of them. */
function asked(fields: string, customNames: readonly string[], hasCustom: boolean): string[] {
  return fields.split(',').map((name) => name.trim()).flatMap((name) => (hasCustom && name === 'customFields' ? customNames : [name]));
}

function column(name: string, at: number, field: ExportField): ExportColumn {
  const { read, unset = null, shown } = field;
  const valueOf = ({ texts }: ExportedRow): unknown => { const text = texts[at] ?? null; return text === null ? unset : read === undefined ? text : read(text); };
  return { name, isDay: false, shownAt: shown ? at : null, valueOf };
}

function customOf(name: string, at: number, { id: fieldId, type }: CustomFieldSet['all'][number], read: (text: string) => Record<string, unknown>): ExportColumn {
  return { name, isDay: type === 'date', shownAt: null, valueOf: ({ texts }) => read(texts[at]!)[fieldId] };
}

/** All custom columns of a row are in one text. */
function readOnce(): (text: string) => Record<string, unknown> {
  let [last, value]: [string | null, Record<string, unknown>] = [null, {}];
  return (text) => {
    if (text !== last) [last, value] = [text, JSON.parse(text) as Record<string, unknown>];
    return value;
  };
}

/** What a row of the source needs for these columns, and no more, in the order in which it is read. */
export function fieldsRead(names: readonly string[], { fields, custom }: Pick<ExportSource, 'fields' | 'custom'>): readonly (readonly [name: string, field: ExportField])[] {
  const plain = names.flatMap((name): [string, ExportField][] => { const field = fields[name]; return field === undefined ? [] : [[name, field]]; });
  const isCustom = custom !== null && names.some((name) => customKey(name) !== null);
  return [...plain, ...(isCustom ? [[customColumn, json(sql`c.custom`)] as const] : [])];
}

function customKey(name: string): string | null {
  return /^customFields\.(.+)$/.exec(name)?.[1] ?? null;
}
