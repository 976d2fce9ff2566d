import { sql, type Sql } from '#database';
import { contactColumns, type WrittenContact } from '../contact-record.js';
import { tally } from './contact-tally.sql.js';

export interface WhichContacts {
  /** Their folded addresses … */
  readonly folded?: readonly string[];
  /** … or their ids, or both: whom either list names. With neither, nobody is. */
  readonly ids?: readonly string[];
  /** `for update` as an erasure locks: events on their way wait. */
  readonly lock?: 'for update' | 'for no key update';
  /** Of `c`; all that a record has unless told. */
  readonly columns?: Sql;
}

/**
 * Locks contacts and returns them as they are once locked, with their folded address: one that was given another address
 * meanwhile has that. In the order of the ids, so that writers of the same contacts queue and never deadlock. Rests on
 * contact_email and the primary key; ready values alone reach them below the policy.
 */
export function lockContacts(tenantId: string, { folded = [], ids = [], lock = 'for no key update', columns = contactColumns }: WhichContacts): Sql {
  const by = [
    ...(folded.length === 0 ? [] : [sql`c.email_folded = any(${[...folded]}::text[] collate "C")`]),
    ...(ids.length === 0 ? [] : [sql`c.id = any(${[...ids]}::uuid[])`]),
  ];
  return sql`
    select ${columns}, c.email_folded from contact c where c.tenant_id = ${tenantId}::uuid and (${by.length === 0 ? sql`false` : sql.join(by, sql` or `)})
    order by c.id ${lock === 'for update' ? sql`for update` : sql`for no key update`}`;
}

/**
 * Inserts in the order of the address, so that two batches with the same new addresses wait for one another in one
 * direction. Answers the ids inserted: an address that another request was quicker with is missing among them.
 */
export function insertContacts(tenantId: string, contacts: readonly WrittenContact[], now: Date): Sql {
  return sql`
    with inserted as (
      insert into contact (tenant_id, id, email, first_name, last_name, company, job_title, phone, country, state, city,
        timezone, zone, source, subscription_status, lead_score, tags, custom, created_at, updated_at)
      select ${tenantId}::uuid, w.id, w.email, w.first_name, w.last_name, w.company, w.job_title, w.phone, w.country, w.state, w.city,
        w.timezone, w.zone, w.source, w.subscription_status, w.lead_score, w.tags, w.custom, w.created_at, ${now}::timestamptz
      from ${written(contacts)}
      order by lower(w.email collate "pg_c_utf8") collate "C"
      on conflict (tenant_id, email_folded) do nothing
      returning id
    ),
    tallied as (${tally(tenantId, 'inserted', 1)})
    select id from inserted`;
}

/** Writes contacts that the transaction has locked. */
export function updateContacts(tenantId: string, contacts: readonly WrittenContact[], now: Date): Sql {
  return sql`
    update contact c set email = w.email, first_name = w.first_name, last_name = w.last_name, company = w.company,
      job_title = w.job_title, phone = w.phone, country = w.country, state = w.state, city = w.city, timezone = w.timezone,
      zone = w.zone, source = w.source, subscription_status = w.subscription_status, lead_score = w.lead_score, tags = w.tags,
      custom = w.custom, created_at = w.created_at, updated_at = ${now}::timestamptz
    from ${written(contacts)}
    where c.tenant_id = ${tenantId}::uuid and c.id = w.id`;
}

/** Deletes a contact that nothing names any more. */
export function deleteContact(tenantId: string, contactId: string): Sql {
  return sql`
    with deleted as (delete from contact where tenant_id = ${tenantId}::uuid and id = ${contactId}::uuid returning id)
    ${tally(tenantId, 'deleted', -1)}`;
}

/** One parameter, however many rows. */
function written(contacts: readonly WrittenContact[]): Sql {
  return sql`json_to_recordset(${JSON.stringify(contacts)}::json) as w (id uuid, email text, first_name text, last_name text,
    company text, job_title text, phone text, country text, state text, city text, timezone text, zone text, source text,
    subscription_status text, lead_score double precision, tags text[], custom jsonb, created_at timestamptz)`;
}
