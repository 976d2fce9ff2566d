import { instantOf, sql, type Sql } from '#database';
import type { InputFault } from '#kernel';
import { invalid } from '#kernel';
import type { CustomFieldSet } from '../contacts/index.js';
import type { ExportSource } from './export-source.js';

/** A field of a source: its column as a text, and what that text stands for where it is not the value itself. */
export interface ExportField {
  readonly column: Sql;
  readonly read?: (text: string) => unknown;
}

/** One column of an export: its name, and the value of a row of a batch as its JSON has it. */
export interface ExportColumn {
  readonly name: string;
  /** Whether its texts are days, `YYYY-MM-DD`. */
  readonly isDay: boolean;
  readonly valueOf: (batch: ExportedBatch, row: number) => unknown;
}

/** Rows of a source, column by column: their places in the order, and what is exported by its name; under `customColumn` custom values by the ids of their fields. */
export interface ExportedBatch {
  readonly keys: readonly string[];
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

const customColumn = 'custom';

const text = (column: Sql): ExportField => ({ column });
const id = (column: Sql): ExportField => ({ column: sql`${column}::text` });
const number = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: Number });
const json = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: JSON.parse });
const instant = (column: Sql): ExportField => ({ column: sql`${column}::text`, read: (stored) => instantOf(stored).toISOString() });

/** Of a contact `c`. */
export const contactFields = {
  id: id(sql`c.id`), email: text(sql`c.email`), firstName: text(sql`c.first_name`), lastName: text(sql`c.last_name`), company: text(sql`c.company`),
  jobTitle: text(sql`c.job_title`), phone: text(sql`c.phone`), country: text(sql`c.country`), state: text(sql`c.state`), city: text(sql`c.city`),
  timezone: text(sql`c.timezone`), subscriptionStatus: text(sql`c.subscription_status`), leadScore: number(sql`c.lead_score`), tags: json(sql`to_json(c.tags)`),
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
  return names.map((name) => column(name, custom));
}

/** `customFields` stands for all of them. */
function asked(fields: string, customNames: readonly string[], hasCustom: boolean): string[] {
  return fields.split(',').map((name) => name.trim()).flatMap((name) => (hasCustom && name === 'customFields' ? customNames : [name]));
}

function column(name: string, custom: CustomFieldSet | null): ExportColumn {
  const field = custom?.find(customKey(name) ?? '');
  if (field === undefined) return { name, isDay: false, valueOf: ({ columns }, row) => columns[name]?.[row] };
  return { name, isDay: field.type === 'date', valueOf: ({ columns }, row) => (columns[customColumn]?.[row] as Record<string, unknown>)[field.id] };
}

/** What a row of the source needs for these columns, and no more: by these names. */
export function fieldsOf(columns: readonly ExportColumn[], { fields, custom }: ExportSource): ReadonlyMap<string, ExportField> {
  const plain = columns.flatMap(({ name }): [string, ExportField][] => { const field = fields[name]; return field === undefined ? [] : [[name, field]]; });
  const isCustom = custom !== null && columns.some(({ name }) => customKey(name) !== null);
  return new Map([...plain, ...(isCustom ? [[customColumn, json(sql`c.custom`)] as const] : [])]);
}

function customKey(name: string): string | null {
  return /^customFields\.(.+)$/.exec(name)?.[1] ?? null;
}
