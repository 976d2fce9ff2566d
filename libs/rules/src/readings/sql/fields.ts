import type { FieldCondition, FieldRef } from '../../rule.js';
import type { Moment } from '../../registry/operator.js';
import { fold } from '../../fold.js';
import { operatorOf } from '../../registry/operators/index.js';
import { sql, type Sql } from '../../sql.js';
import { textColumns } from '../memory/snapshot.js';
import { guarded, type NullIs, wantsMore, wantsValue, zeroGuarded } from './guard.js';

/** Contact fields as expressions over `contact c`. */
const contactColumns: Readonly<Record<string, Sql>> = {
  ...Object.fromEntries(textColumns.map((column) => [column, sql.ref(`c.${column}`)])),
  email_domain: sql`split_part(c.email, '@', -1)`,
  subscription_status: sql`c.subscription_status`,
  unsubscribed: sql`(c.subscription_status = 'unsubscribed')`,
  lead_score: sql`c.lead_score`,
  created_at: sql`c.created_at`,
  updated_at: sql`c.updated_at`,
  tags: sql`c.tags`,
};

/** Figures that are 0 without events. */
const TOTALS = /^(emails|total)_/;

/**
 * The column holds words of a closed list in lower case, and a rule names no other: compared as they are, the planner
 * knows from its statistics how many there are (folded, it took 90,000 active contacts for 500).
 */
const statusTests: Readonly<Record<string, (value: unknown) => Sql>> = {
  equals: (value) => sql`(c.subscription_status = ${fold(value as string)}::text)`,
  in: (value) => sql`(c.subscription_status = any(${(value as string[]).map(fold)}::text[]))`,
};

/** The test of a contact's own or custom field. */
export function contactFieldSql({ field, test }: FieldCondition, moment: Moment, nullIs: NullIs): Sql {
  const row = operatorOf(test.type, test.operator)!;
  const ofStatus = field.name === 'contact.subscription_status' ? statusTests[(row.positive ?? row).name] : undefined;
  if (ofStatus !== undefined) return row.positive === undefined ? ofStatus(test.value) : sql`not ${ofStatus(test.value)}`;
  if (field.source === 'custom') {
    const stored = { asText: field.type === 'date' || field.type === 'datetime', asJson: field.type === 'array' };
    return guarded(row, customSql(field), field.type, test.value, { ...moment, ...stored }, nullIs);
  }
  return guarded(row, contactColumn(field), field.type, test.value, moment, nullIs);
}

/** A contact's own field as an expression over `contact c`; null where unset. */
export function contactColumn(field: FieldRef): Sql {
  return contactColumns[field.name.slice('contact.'.length)]!;
}

/** The column of `contact_engagement` that an engagement field reads. */
export function figureColumn(field: FieldRef): string {
  return field.name.slice('engagement.'.length);
}

/** The test of an engagement field over the joined figures. */
export function figureSql({ field, test }: FieldCondition, engagement: string, moment: Moment, nullIs: NullIs): Sql {
  const row = operatorOf(test.type, test.operator)!;
  const column = figureColumn(field);
  const x = sql.ref(`${engagement}.${column}`);
  if (column === 'opened_last_email') {
    return guarded(row, sql`coalesce(${x}, false)`, field.type, test.value, moment, nullIs);
  }
  if (!TOTALS.test(column)) return guarded(row, x, field.type, test.value, moment, nullIs);
  const exactly = column === 'total_revenue' ? { ...moment, right: numeric } : moment;
  return zeroGuarded(row, x, test.value, exactly, nullIs);
}

/** Whether nobody passes the test of an engagement field who has no figures. */
export function figureWantsRow({ field, test }: FieldCondition, moment: Moment): boolean {
  const row = operatorOf(test.type, test.operator)!;
  const column = figureColumn(field);
  if (column === 'opened_last_email') return false;
  return TOTALS.test(column) ? wantsMore(row, test.value, moment) : wantsValue(row);
}

/** A number of a rule as the decimal it prints as. */
export function numeric(value: number): Sql {
  return sql`${value}::numeric`;
}

/**
 * Stored values are typed at the door; the guards make sure of it where a cast could raise. Dates and instants stay the
 * texts that they are, which sort as the times do, and lists the JSON that they are: cast, each was looked up twice, and took
 * half as long again.
 */
function customSql({ id, customType }: Extract<FieldRef, { source: 'custom' }>): Sql {
  const json = sql`(c.custom -> ${id}::text)`;
  const text = sql`(c.custom ->> ${id}::text)`;
  switch (customType) {
    case 'text': case 'select': return text;
    case 'number': return sql`(case jsonb_typeof(${json}) when 'number' then ${json}::float8 end)`;
    case 'boolean': return sql`(case jsonb_typeof(${json}) when 'boolean' then ${json}::boolean end)`;
    case 'date': case 'datetime': return sql`(${text} collate "C")`;
    case 'multi_select': return json;
  }
}
