import type { FieldRef, ValueType } from '../rule.js';
import type { CustomFieldTerm, Vocabulary } from '../vocabulary.js';
import { customFieldTypes } from './data-types.js';

/** A field of every tenant: one row for everything that is said of it anywhere. */
export interface FieldRow {
  readonly name: string;
  readonly source: 'contact' | 'engagement';
  readonly type: ValueType;
  readonly label: string;
  readonly describe: string;
  /** The columns of the contact that it reads; `events` for the contact's events. */
  readonly reads: readonly string[];
  /** Of the moment of the latest event: the types of event it is of. */
  readonly latestOf?: readonly string[];
  /** Of a field with a closed list of values. */
  readonly options?: readonly string[];
  /** Every contact has a value, at every moment. */
  readonly neverUnset?: true;
}

export const subscriptionStatuses = ['active', 'unsubscribed', 'bounced', 'complained', 'pending'] as const;

export const CUSTOM_PREFIX = 'customField.';

const contact = (name: string, type: ValueType, label: string, describe: string, reads = [name]): FieldRow => ({
  name: `contact.${name}`, source: 'contact', type, label, describe, reads,
});

const engagement = (name: string, type: ValueType, label: string, describe: string, reads = ['events']): FieldRow => ({
  name: `engagement.${name}`, source: 'engagement', type, label, describe, reads,
});

const neverUnset = (row: FieldRow): FieldRow => ({ ...row, neverUnset: true });

const total = (name: string, what: string): FieldRow =>
  neverUnset(engagement(name, 'number', what, `how many ${what.toLowerCase()}; 0 where there are none`));

const last = (what: string, label: string): FieldRow =>
  ({ ...engagement(`last_${what}_at`, 'datetime', label, 'unset where there is none'), latestOf: [what] });

const contactFields: readonly FieldRow[] = [
  contact('email', 'string', 'Email', 'the address'),
  contact('email_domain', 'string', 'Email domain', 'what follows the last `@` of the address', ['email']),
  contact('first_name', 'string', 'First name', 'as stored'),
  contact('last_name', 'string', 'Last name', 'as stored'),
  contact('company', 'string', 'Company', 'as stored'),
  contact('job_title', 'string', 'Job title', 'as stored'),
  contact('phone', 'string', 'Phone', 'as stored'),
  contact('country', 'string', 'Country', 'as stored'),
  contact('state', 'string', 'State', 'as stored'),
  contact('city', 'string', 'City', 'as stored'),
  contact('timezone', 'string', 'Time zone', 'as stored'),
  contact('source', 'string', 'Source', 'where the contact came from'),
  { ...neverUnset(contact('subscription_status', 'string', 'Subscription status', 'one of a closed list')), options: subscriptionStatuses },
  neverUnset(contact('unsubscribed', 'boolean', 'Unsubscribed', 'true when the status is `unsubscribed`', ['subscription_status'])),
  contact('lead_score', 'number', 'Lead score', 'as stored'),
  neverUnset(contact('created_at', 'datetime', 'Date added', 'when the contact was added')),
  neverUnset(contact('updated_at', 'datetime', 'Last updated', 'the last request that changed a stored property')),
  contact('tags', 'array', 'Tags', 'as stored'),
];

const engagementFields: readonly FieldRow[] = [
  total('emails_sent', 'Emails sent'),
  total('emails_delivered', 'Emails delivered'),
  total('total_opens', 'Total opens'),
  total('total_clicks', 'Total clicks'),
  total('total_replies', 'Total replies'),
  total('total_conversions', 'Total conversions'),
  total('total_bounces', 'Total bounces'),
  neverUnset(engagement('total_revenue', 'number', 'Total revenue', 'summed over events of any type; 0 where there are none')),
  last('sent', 'Last sent'),
  last('opened', 'Last opened'),
  last('clicked', 'Last clicked'),
  last('converted', 'Last converted'),
  {
    ...engagement('last_activity_at', 'datetime', 'Last activity', 'the last open, click, reply or conversion; unset where there is none'),
    latestOf: ['opened', 'clicked', 'replied', 'converted'],
  },
  engagement('last_opened_device', 'string', 'Last opened device', 'the device of the latest open that has one'),
  engagement('most_common_open_hour', 'number', 'Most common open hour',
    '0–23 in the contact’s time zone; a tie goes to the smaller hour; unset without opens', ['events', 'timezone']),
  engagement('most_common_open_weekday', 'number', 'Most common open weekday',
    '1 (Monday) – 7 in the contact’s time zone; a tie goes to the smaller one; unset without opens', ['events', 'timezone']),
  neverUnset(engagement('opened_last_email', 'boolean', 'Opened last email',
    'whether the latest sent event that has a campaign was followed by an open of the same campaign; never unset')),
];

/** The registry of fields, in the order in which they are shown. */
export const fieldRows: readonly FieldRow[] = [...contactFields, ...engagementFields];

const rowsByName: ReadonlyMap<string, FieldRow> = new Map(fieldRows.map((row) => [row.name, row]));

/** A field as a rule may name it, with its closed list of values where it has one. */
export interface KnownField {
  readonly ref: FieldRef;
  readonly options: readonly string[] | null;
}

export function fieldRow(name: string): FieldRow | undefined {
  return rowsByName.get(name);
}

/** The field of the registry or the tenant's custom field of that name. */
export function findField(name: string, vocabulary: Vocabulary): KnownField | undefined {
  const row = rowsByName.get(name);
  if (row !== undefined) return knownRow(row);
  if (!name.startsWith(CUSTOM_PREFIX)) return undefined;
  const key = name.slice(CUSTOM_PREFIX.length);
  const term = vocabulary.customFields.find((candidate) => candidate.key === key);
  return term && knownCustom(term);
}

function knownRow(row: FieldRow): KnownField {
  const { source, name, type, label } = row;
  return { ref: { source, name, type, label }, options: row.options ?? null };
}

function knownCustom(term: CustomFieldTerm): KnownField {
  const hasOptions = term.type === 'select' || term.type === 'multi_select';
  return {
    ref: {
      source: 'custom', name: CUSTOM_PREFIX + term.key, type: customFieldTypes[term.type], label: term.label,
      id: term.id, customType: term.type,
    },
    options: hasOptions ? term.options : null,
  };
}

/** Every field that the tenant's rules may name. */
export function knownFields(vocabulary: Vocabulary): KnownField[] {
  return [...fieldRows.map(knownRow), ...vocabulary.customFields.map(knownCustom)];
}
