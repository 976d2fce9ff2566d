import type { InputFault } from '#kernel';
import { invalid } from '#kernel';
import type { CustomFieldSet } from '../contacts/index.js';

/** One column of an export: its name, and the value of a row as its JSON has it. */
export interface ExportColumn {
  readonly name: string;
  /** Whether its texts are days, `YYYY-MM-DD`. */
  readonly isDay: boolean;
  readonly valueOf: (row: ExportedRow) => unknown;
}

/** A row as the lists of the API show it. */
export type ExportedRow = Readonly<Record<string, unknown>> & { readonly customFields?: Readonly<Record<string, unknown>> };

export const contactFields = ['id', 'email', 'firstName', 'lastName', 'company', 'jobTitle', 'phone', 'country', 'state', 'city', 'timezone',
  'subscriptionStatus', 'leadScore', 'tags', 'source', 'createdAt', 'updatedAt'] as const;
export const eventFields = ['id', 'type', 'contactId', 'email', 'occurredAt', 'campaignId', 'url', 'device', 'revenue', 'properties', 'receivedAt'] as const;

const most = 300;

/** The columns asked for, in that order; without `fields` all, the tenant's custom fields behind them. */
export function exportColumns(fields: string | undefined, plain: readonly string[], custom: CustomFieldSet | null): readonly ExportColumn[] {
  const customNames = (custom?.all ?? []).map(({ key }) => `customFields.${key}`);
  const known = new Set([...plain, ...customNames]);
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
  const key = /^customFields\.(.+)$/.exec(name)?.[1];
  if (key === undefined) return { name, isDay: false, valueOf: (row) => row[name] };
  return { name, isDay: custom?.find(key)?.type === 'date', valueOf: ({ customFields = {} }) => (Object.hasOwn(customFields, key) ? customFields[key] : undefined) };
}
