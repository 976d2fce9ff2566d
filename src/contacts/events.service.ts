import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Contact, Database, EventType, sql, type Sql, type TenantTransaction } from '#database';
import { type InputFault, isStorable, notFound } from '#kernel';
import { eventRows } from '#rules';
import { eventsAccepted } from '../http/index.js';
import { Wake } from '../queues/index.js';
import { appendContactChange, appendContactChanges } from './changes.js';
import { adjustEngagement, recomputeEngagement } from './engagement.js';
import type { ContactRecord, WrittenContact } from './contact-record.js';
import { stateOf, writtenOf } from './contact-state.js';
import { identified, type Seen } from './derived-ids.js';
import { type Address, type EventRow, type NewEvent, readEventRow } from './event-row.js';
import { ErasureSteps } from './erasure-steps.js';
import { EventDto, type StoredEvent } from './events.dto.js';
import { appendLateEvents, appendLateRemovals } from './late-events.js';
import { type Key, ownersByKey } from './owners-by-key.js';
import {
  appendEvents, type EventOfContact, lowerThan, type RaisedStatus, raisedStatuses, raiseStatus, usedUp, withdrawEvents,
} from './sql/append-events.sql.js';
import { type EventPosition, eventsById, eventsOfContact } from './sql/events-of-contact.sql.js';
import { foldEmails } from './sql/find-contacts.sql.js';
import { lockContactOfEvent, lockContactsOfEvents, takeBackEvent } from './sql/take-back-event.sql.js';
import { lockContacts } from './sql/write-contacts.sql.js';

export interface EventsAccepted {
  accepted: number;
  duplicates: number;
  failed: { index: number; errors: InputFault[] }[];
}

/** Rows of events that are no batch of the API. */
export interface SentEvents {
  readonly rows: readonly unknown[];
  /** Whose each is, where a custom field says it and no address. */
  readonly key?: Key | null;
  /** How often ids were derived before, where rows may leave theirs out; else each row has one. */
  readonly seen?: Seen;
  /** Whether whose status the events raise is told, as it was before. */
  readonly tellsRaised?: boolean;
}

/** What `applyIn` did. */
export interface AppliedEvents {
  readonly answer: EventsAccepted;
  /** The ids of the good rows, each once, with the place of its first row, and whether the event was made here. */
  readonly events: readonly { readonly id: string; readonly index: number; readonly made: boolean }[];
  readonly raised: readonly WrittenContact[];
}

@Injectable()
export class EventsService {
  constructor(
    private readonly database: Database,
    private readonly wake: Wake,
    private readonly erasureSteps: ErasureSteps,
  ) {}

  /** Stores the good rows, once each by id, with all that follows from them; the bad ones come back. */
  async append(tenantId: string, rows: readonly unknown[], now: Date): Promise<EventsAccepted> {
    const { answer } = await this.database.inTenant(tenantId, async (tx) => await this.applyIn(tx, { rows }, now));
    eventsAccepted.inc(answer.accepted);
    if (answer.accepted > 0) this.wake.tenant(tenantId);
    return answer;
  }

  /** The same in the caller's transaction. Ring by `Wake` after the commit. */
  async applyIn(tx: TenantTransaction, { rows, key = null, seen, tellsRaised = false }: SentEvents, now: Date): Promise<AppliedEvents> {
    const types = await storedTypes(tx);
    const ownerOf = key === null ? null : await ownersByKey(tx, key);
    const read = rows.map((row, at) => readEventRow(row, types, { idOptional: seen !== undefined, ...(ownerOf === null ? {} : { owner: ownerOf(at) }) }));
    const contactOf = await lockAddressed(tx, read);
    const failed: EventsAccepted['failed'] = [];
    const good: EventOfContact[] = [];
    const places: number[] = [];
    for (const [index, { event, address, faults }] of read.entries()) {
      const found = address === null ? null : contactOf(address);
      const errors = typeof found === 'object' && found !== null ? [...faults, found] : [...faults];
      if (event === null || typeof found !== 'string' || errors.length > 0) failed.push({ index, errors });
      else {
        good.push({ ...event, contactId: found });
        places.push(index);
      }
    }
    const events = new Map<string, EventOfContact>();
    const firstAt = new Map<string, number>();
    for (const [at, event] of (seen === undefined ? good : await identified(good, seen)).entries()) {
      if (events.has(event.id)) continue;
      events.set(event.id, event);
      firstAt.set(event.id, places[at] ?? 0);
    }
    const accepted = await store(tx, events, now);
    const raised = tellsRaised ? await raisedBy(tx, accepted) : [];
    await follow(tx, accepted, now);
    const made = new Set(accepted.map(({ id }) => id));
    return {
      answer: { accepted: accepted.length, duplicates: good.length - accepted.length, failed },
      events: [...firstAt].map(([id, index]) => ({ id, index, made: made.has(id) })), raised,
    };
  }

  /** The names of the event types that rows may have. */
  async typesIn(tx: TenantTransaction): Promise<readonly string[]> {
    return [...(await storedTypes(tx)).keys()];
  }

  /** Those of the events that there are, in the order of the ids given, as the API shows them. */
  async storedIn(tx: TenantTransaction, ids: readonly string[]): Promise<EventDto[]> {
    const found = new Map((await tx.rows<StoredEvent>(eventsById(tx.tenantId, ids))).map((event) => [event.id, EventDto.of(event)]));
    return ids.map((id) => found.get(id)).filter((event) => event !== undefined);
  }

  /** Locks the contacts of the events with these ids, in the order in which every writer locks; `ids` is a query in the caller's transaction. */
  async lockOwnersIn(tx: TenantTransaction, ids: Sql): Promise<void> {
    await tx.rows(lockContactsOfEvents(tx.tenantId, ids));
  }

  /**
   * Takes events back as if they had never been, in the caller's transaction, which has locked their contacts: their ids
   * are free again. How many there were.
   */
  async undoIn(tx: TenantTransaction, ids: readonly string[], now: Date): Promise<number> {
    await appendLateRemovals(tx, ids);
    const gone = await tx.rows<{ contact_id: string }>(withdrawEvents(tx.tenantId, ids));
    const touched = [...new Set(gone.map((row) => row.contact_id))];
    if (touched.length === 0) return 0;
    await recomputeEngagement(tx, touched);
    await appendContactChanges(tx, sql`select unnest(${touched}::uuid[])`, now);
    return gone.length;
  }

  /** Takes back an event that was sent in error. Its id stays used up; a status that it raised stays raised. */
  async takeBack(tenantId: string, eventId: string, now: Date): Promise<void> {
    if (!isStorable(eventId)) throw notFound('event', eventId);
    await this.database.inTenant(tenantId, async (tx) => {
      const contact = await tx.row<{ id: string }>(lockContactOfEvent(tenantId, eventId));
      if (contact === undefined) throw notFound('event', eventId);
      await appendLateRemovals(tx, [eventId]);
      await this.erasureSteps.runOfEvent(tx, eventId);
      if (await tx.write(takeBackEvent(tenantId, eventId)) === 0) throw notFound('event', eventId);
      await recomputeEngagement(tx, [contact.id]);
      await appendContactChange(tx, contact.id, now);
    });
    this.wake.tenant(tenantId);
  }

  async ofContact(tenantId: string, contactId: string, limit: number, after: EventPosition | null): Promise<StoredEvent[]> {
    return await this.database.inTenant(tenantId, async (tx) => {
      if (await tx.em.count(Contact, { tenantId, id: contactId }) === 0) throw notFound('contact', contactId);
      return await tx.rows<StoredEvent>(eventsOfContact(tenantId, contactId, limit, after));
    }, { readOnly: true });
  }
}

/** What each event type that a row may name is stored as. */
async function storedTypes({ em, tenantId }: TenantTransaction): Promise<ReadonlyMap<string, string>> {
  const own = await em.find(EventType, { tenantId }, { orderBy: { key: 'asc' } });
  return new Map([...eventRows.map(({ key }): [string, string] => [key, key]), ...own.map(({ key, id }): [string, string] => [key, id])]);
}

type ContactOf = (address: Address) => string | InputFault;

async function lockAddressed(tx: TenantTransaction, rows: readonly EventRow[]): Promise<ContactOf> {
  const emails = [...new Set(rows.map(({ address }) => address?.email ?? '').filter((email) => email !== ''))];
  const ids = [...new Set(rows.map(({ address }) => address?.contactId ?? '').filter((id) => id !== ''))];
  const folded = (await tx.rows<{ folded: string }>(foldEmails(emails))).map((row) => row.folded);
  const locked = emails.length + ids.length === 0 ? []
    : await tx.rows<{ id: string; email_folded: string }>(lockContacts(tx.tenantId, { folded, ids, columns: sql`c.id` }));
  const idOfFolded = new Map(locked.map(({ id, email_folded }) => [email_folded, id]));
  const idOfEmail = new Map(emails.map((email, at) => [email, idOfFolded.get(folded[at] ?? '')]));
  const known = new Set(locked.map(({ id }) => id));
  return ({ email, contactId }) => {
    if (contactId !== null && !known.has(contactId)) return unknownContact('/contactId');
    if (email === null) return contactId ?? unknownContact('/contactId');
    const id = idOfEmail.get(email);
    if (id === undefined) return unknownContact('/email');
    if (contactId === null || id === contactId) return id;
    return { path: '/contactId', code: 'value_invalid', message: 'email and contactId name different contacts.' };
  };
}

function unknownContact(path: string): InputFault {
  return { path, code: 'unknown_contact', message: 'There is no such contact.' };
}

/** Those of the events that were new. */
async function store(tx: TenantTransaction, events: ReadonlyMap<string, EventOfContact>, now: Date): Promise<EventOfContact[]> {
  if (events.size === 0) return [];
  const stored = new Set((await tx.rows<{ id: string }>(appendEvents(tx.tenantId, [...events.values()], now))).map(({ id }) => id));
  if (stored.size === 0) return [];
  const used = new Set((await tx.rows<{ id_hash: Buffer }>(usedUp(tx.tenantId, [...stored].map(hashOf)))).map((row) => row.id_hash.toString('hex')));
  if (used.size > 0) {
    const usedBefore = [...stored].filter((id) => used.has(hashOf(id).toString('hex')));
    await tx.rows(withdrawEvents(tx.tenantId, usedBefore));
    for (const id of usedBefore) stored.delete(id);
  }
  return [...events.values()].filter(({ id }) => stored.has(id));
}

/** As the database hashes the id of an event that goes. */
function hashOf(id: string): Buffer {
  return hash('sha256', id, 'buffer');
}

/** What follows from new events: subscription statuses, engagement figures, and a word to segments and analytics. */
async function follow(tx: TenantTransaction, events: readonly EventOfContact[], now: Date): Promise<void> {
  if (events.length === 0) return;
  for (const [status, contactIds] of raisedContacts(events)) await tx.write(raiseStatus(tx.tenantId, contactIds, status, now));
  const touched = [...new Set(events.map(({ contactId }) => contactId))];
  await adjustEngagement(tx, touched, events);
  await appendContactChanges(tx, sql`select unnest(${touched}::uuid[])`, now);
  await appendLateEvents(tx, events);
}

/** Whose status the events will raise, as they are now. */
async function raisedBy(tx: TenantTransaction, events: readonly EventOfContact[]): Promise<WrittenContact[]> {
  const raised = new Map<string, WrittenContact>();
  for (const [status, contactIds] of raisedContacts(events)) {
    const records = await tx.rows<ContactRecord>(lowerThan(tx.tenantId, contactIds, status));
    for (const record of records) raised.set(record.id, writtenOf(stateOf(record)));
  }
  return [...raised.values()];
}

/** Whom the events raise to which status, in the order of the statuses; of each only where there is somebody. */
function raisedContacts(events: readonly EventOfContact[]): readonly (readonly [RaisedStatus, readonly string[]])[] {
  return raisedStatuses.map((status) => [status, [...new Set(events.filter((event) => raisedTo(event) === status).map(({ contactId }) => contactId))]] as const)
    .filter(([, contactIds]) => contactIds.length > 0);
}

/** The status that an event raises its contact's to. A bounce is hard unless it says otherwise. */
function raisedTo({ type, properties }: NewEvent): RaisedStatus | null {
  if (type === 'unsubscribed' || type === 'complained') return type;
  if (type !== 'bounced') return null;
  const bounceType = Object.hasOwn(properties, 'bounceType') ? properties['bounceType'] : null;
  return bounceType === null || bounceType === 'hard' ? 'bounced' : null;
}
