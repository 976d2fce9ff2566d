import { instantOf, sql, type Sql } from '#database';
import type { InputFault } from '#kernel';
import { invalid } from '#kernel';
import type { CustomFieldSet } from '../contacts/index.js';
import type { ExportSource } from './export-source.js';

/** A field of a source: its column, and how a stored value is shown that PostgreSQL's JSON has otherwise. */
export interface ExportField {
  readonly column: Sql;
  readonly shown?: (stored: string) => unknown;
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

const stored = (column: Sql): ExportField => ({ column });
const instant = (column: Sql): ExportField => ({ column, shown: (text) => instantOf(text).toISOString() });

/** Of a contact `c`. */
export const contactFields = {
  id: stored(sql`c.id`), email: stored(sql`c.email`), firstName: stored(sql`c.first_name`), lastName: stored(sql`c.last_name`), company: stored(sql`c.company`),
  jobTitle: stored(sql`c.job_title`), phone: stored(sql`c.phone`), country: stored(sql`c.country`), state: stored(sql`c.state`), city: stored(sql`c.city`),
  timezone: stored(sql`c.timezone`), subscriptionStatus: stored(sql`c.subscription_status`), leadScore: stored(sql`c.lead_score`), tags: stored(sql`c.tags`),
  source: stored(sql`c.source`), createdAt: instant(sql`c.created_at`), updatedAt: instant(sql`c.updated_at`),
};

/** Of a contact `c` as a member `m`. */
export const memberFields = { ...contactFields, since: instant(sql`m.since`) };

/** Of an event `e` of a contact `c`, of an own type `t` or none. */
export const eventFields = {
  id: stored(sql`e.id`), type: stored(sql`coalesce(t.key, e.type)`), contactId: stored(sql`e.contact_id`), email: stored(sql`c.email`), occurredAt: instant(sql`e.occurred_at`),
  campaignId: stored(sql`e.campaign_id`), url: stored(sql`e.url`), device: stored(sql`e.device`), revenue: stored(sql`e.revenue`),
  properties: stored(sql`e.properties`), receivedAt: instant(sql`e.received_at`),
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
  return names.map((name) => column(name, plain, custom));
}

/** `customFields` stands for all of them. */
function asked(fields: string, customNames: readonly string[], hasCustom: boolean): string[] {
  return fields.split(',').map((name) => name.trim()).flatMap((name) => (hasCustom && name === 'customFields' ? customNames : [name]));
}

function column(name: string, plain: ExportSource['fields'], custom: CustomFieldSet | null): ExportColumn {
  const field = custom?.find(customKey(name) ?? '');
  if (field !== undefined) return { name, isDay: field.type === 'date', valueOf: ({ columns }, row) => (columns[customColumn]?.[row] as Record<string, unknown>)[field.id] };
  const shown = plain[name]?.shown;
  const stored: ExportColumn['valueOf'] = ({ columns }, row) => columns[name]?.[row];
  return {
    name, isDay: false,
    valueOf: shown === undefined ? stored : (batch, row) => {
      const value = stored(batch, row);
      return value === null ? null : shown(value as string);
    },
  };
}

/** What a row of the source needs for these columns, and no more: by these names. */
export function columnsOf(columns: readonly ExportColumn[], { fields, custom }: ExportSource): readonly { readonly name: string; readonly column: Sql }[] {
  const plain = columns.flatMap(({ name }) => { const field = fields[name]; return field === undefined ? [] : [{ name, column: field.column }]; });
  const isCustom = custom !== null && columns.some(({ name }) => customKey(name) !== null);
  return [...plain, ...(isCustom ? [{ name: customColumn, column: sql`c.custom` }] : [])];
}

function customKey(name: string): string | null {
  return /^customFields\.(.+)$/.exec(name)?.[1] ?? null;
}
