import { Injectable } from '@nestjs/common';
import { Database, type TenantTransaction } from '#database';
import { invalid, isUuid, notFound } from '#kernel';
import { Wake } from '../queues/index.js';
import { type Once, objectErased, onlyOnce } from '../tenancy/index.js';
import { appendContactChange } from './changes.js';
import type { ContactRecord } from './contact-record.js';
import { readContactPatch, readContactRow } from './contact-row.js';
import { applyPatch, differs, faultsOfState, newContact, stateOf } from './contact-state.js';
import { emailTaken } from './contacts.problems.js';
import { CustomFieldsService, customFieldsOf } from './custom-fields.service.js';
import { type CustomFieldDefinition, CustomFieldSet } from './custom-values.js';
import { ContactDto } from './dto/contact.dto.js';
import { ErasureSteps } from './erasure-steps.js';
import { eraseContact } from './sql/erase-contact.sql.js';
import { existingIds, findContact, findContacts, foldEmails, idsByEmail, listContacts } from './sql/find-contacts.sql.js';
import { AddressTaken, writeContacts } from './write-contacts.js';
import { ZonesService } from './zones.js';

/** A contact with what is needed to show it. */
export interface FoundContact {
  readonly record: ContactRecord;
  readonly fields: CustomFieldSet;
}

@Injectable()
export class ContactsService {
  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
    private readonly zones: ZonesService,
    private readonly erasureSteps: ErasureSteps,
    private readonly wake: Wake,
  ) {}

  async create(tenantId: string, row: unknown, once: Once, now: Date): Promise<FoundContact> {
    const made = await this.database.inTenant(tenantId, async (tx) => {
      const fields = await this.customFields.all(tx);
      const id = await onlyOnce(tx, once, now, async () => {
        const { patch, faults } = readContactRow(row, fields);
        if (faults !== undefined) throw invalid(faults);
        const contact = applyPatch(newContact(patch.email, now), patch, this.zones);
        const tooMuch = faultsOfState(contact);
        if (tooMuch.length > 0) throw invalid(tooMuch);
        await writeContacts(tx, fields, [{ before: null, after: contact }], now).catch(async (error: unknown) => {
          throw error instanceof AddressTaken ? emailTaken(contact.email, (await this.idsOfEmails(tx, [contact.email]))[0] ?? undefined) : error;
        });
        return contact.id;
      });
      const record = await tx.row<ContactRecord>(findContact(tenantId, id));
      if (record === undefined) throw objectErased();
      return { record, fields };
    });
    this.wake.tenant(tenantId);
    return made;
  }

  /** The contact, or a 404. */
  async find(tenantId: string, id: string): Promise<FoundContact> {
    const [[record], fields] = await this.database.find<[ContactRecord, CustomFieldDefinition]>(tenantId, findContact(tenantId, id), customFieldsOf(tenantId));
    if (record === undefined) throw notFound('contact', id);
    return { record, fields: new CustomFieldSet(fields) };
  }

  /** The same in the caller's transaction. */
  async findIn(tx: TenantTransaction, id: string): Promise<FoundContact> {
    const record = await tx.row<ContactRecord>(findContact(tx.tenantId, id));
    if (record === undefined) throw notFound('contact', id);
    return { record, fields: await this.customFields.all(tx) };
  }

  /** Those of the contacts that are there, as they are shown, by their ids; in the caller's transaction. */
  async shownIn(tx: TenantTransaction, ids: readonly string[]): Promise<ReadonlyMap<string, ContactDto>> {
    const fields = await this.customFields.all(tx);
    const records = await tx.rows<ContactRecord>(findContacts(tx.tenantId, ids));
    return new Map(records.map((record) => [record.id, ContactDto.of(record, fields)]));
  }

  async list(tenantId: string, email: string | undefined, limit: number, after: string | null): Promise<FoundContact[]> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const fields = await this.customFields.all(tx);
      const [folded] = email === undefined ? [null] : await foldedEmails(tx, [email]);
      const records = await tx.rows<ContactRecord>(listContacts(tenantId, folded ?? null, after, limit));
      return records.map((record) => ({ record, fields }));
    });
  }

  async update(tenantId: string, id: string, row: unknown, now: Date): Promise<FoundContact> {
    const changed = await this.database.inTenant(tenantId, async (tx) => {
      const fields = await this.customFields.all(tx);
      const found = await tx.row<ContactRecord>(findContact(tenantId, id, 'for no key update'));
      if (found === undefined) throw notFound('contact', id);
      const { patch, faults } = readContactPatch(row, fields);
      if (faults !== undefined) throw invalid(faults);
      const before = stateOf(found);
      const after = applyPatch(before, patch, this.zones);
      const tooMuch = faultsOfState(after);
      if (tooMuch.length > 0) throw invalid(tooMuch);
      if (differs(before, after)) {
        const [holder] = await this.idsOfEmails(tx, [after.email]);
        if (holder !== null && holder !== undefined && holder !== id) throw emailTaken(after.email, holder);
        await writeContacts(tx, fields, [{ before, after }], now).catch((error: unknown) => {
          throw error instanceof AddressTaken ? emailTaken(after.email, undefined) : error;
        });
      }
      return await this.findIn(tx, id);
    });
    this.wake.tenant(tenantId);
    return changed;
  }

  /** Erases the person everywhere. The ids of their events stay used up, and how many members a day lost is kept. */
  async erase(tenantId: string, id: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => { await this.eraseIn(tx, id, now); });
    this.wake.tenant(tenantId);
  }

  /** The same in the caller's transaction. */
  async eraseIn(tx: TenantTransaction, id: string, now: Date): Promise<void> {
    if (await tx.row(findContact(tx.tenantId, id, 'for update')) === undefined) throw notFound('contact', id);
    await this.erasureSteps.run(tx, id);
    for (const statement of eraseContact(tx.tenantId, id, now)) await tx.write(statement);
    await appendContactChange(tx, id, now);
  }

  /** For each id and each address, in their order, the contact's id, or `null` where the tenant has none. */
  async resolveIds(
    tx: TenantTransaction, named: { contactIds?: readonly string[]; emails?: readonly string[] },
  ): Promise<{ contactIds: (string | null)[]; emails: (string | null)[] }> {
    const ids = (named.contactIds ?? []).map((id) => (isUuid(id) ? id.toLowerCase() : null));
    const there = new Set((await tx.rows<{ id: string }>(existingIds(tx.tenantId, ids.filter((id) => id !== null)))).map(({ id }) => id));
    return {
      contactIds: ids.map((id) => (id !== null && there.has(id) ? id : null)),
      emails: await this.idsOfEmails(tx, named.emails ?? []),
    };
  }

  private async idsOfEmails(tx: TenantTransaction, emails: readonly string[]): Promise<(string | null)[]> {
    if (emails.length === 0) return [];
    const rows = await tx.rows<{ id: string | null }>(idsByEmail(tx.tenantId, await foldedEmails(tx, emails)));
    return rows.map(({ id }) => id);
  }
}

/** The addresses, trimmed, as the unique index has them. */
export async function foldedEmails(tx: TenantTransaction, emails: readonly string[]): Promise<string[]> {
  return (await tx.rows<{ folded: string }>(foldEmails(emails.map((email) => email.trim())))).map(({ folded }) => folded);
}
