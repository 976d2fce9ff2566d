import { Injectable } from '@nestjs/common';
import { Database, type TenantTransaction } from '#database';
import type { InputFault } from '#kernel';
import { Wake } from '../queues/index.js';
import type { ContactPatch } from './contact-properties.js';
import type { ContactRecord, WrittenContact } from './contact-record.js';
import { readContactRow } from './contact-row.js';
import { applyPatch, type ContactState, differs, faultsOfState, newContact, stateOf, writtenOf } from './contact-state.js';
import { addressesContested } from './contacts.problems.js';
import { foldedEmails } from './contacts.service.js';
import { CustomFieldsService } from './custom-fields.service.js';
import { allowedPatch, type OnDuplicate, type RowPolicy } from './row-policy.js';
import { lockContacts } from './sql/write-contacts.sql.js';
import { AddressTaken, writeContacts } from './write-contacts.js';
import { ZonesService } from './zones.js';

/** What `applyIn` did. */
export interface AppliedRows {
  readonly outcome: BatchOutcome;
  /** Contacts of good rows, the skipped ones included. */
  readonly contactIds: readonly string[];
  /** Contacts made (`before` is null) and changed. */
  readonly written: readonly { readonly id: string; readonly before: WrittenContact | null }[];
}

export interface BatchOutcome {
  created: number;
  updated: number;
  skipped: number;
  failed: { index: number; errors: readonly InputFault[] }[];
}

interface Row {
  readonly index: number;
  readonly patch: ContactPatch & { email: string };
}

/** Where a contact stood before the batch (`null`: nowhere), and where it stands after the rows so far. */
interface Standing {
  readonly before: ContactState | null;
  after: ContactState;
}

/** Each attempt that loses has seen another request win, so that a few are plenty. */
const attempts = 10;

@Injectable()
export class ContactBatchesService {
  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
    private readonly zones: ZonesService,
    private readonly wake: Wake,
  ) {}

  /** Applies the rows in their order, in one transaction; those at fault are set aside. */
  async apply(tenantId: string, rows: readonly unknown[], onDuplicate: OnDuplicate, now: Date): Promise<BatchOutcome> {
    const { outcome } = await this.untilApplied(async () => await this.database.inTenant(tenantId,
      async (tx) => await this.applyIn(tx, rows, { onDuplicate, keepsConsent: false }, now)));
    if (outcome.created + outcome.updated > 0) this.wake.tenant(tenantId);
    return outcome;
  }

  /** Runs a transaction that calls `applyIn`, again where another request was quicker with one of its addresses. */
  async untilApplied<T>(transaction: () => Promise<T>): Promise<T> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      try {
        return await transaction();
      } catch (error) {
        // Another request inserted one of the addresses first; its contact is visible to the next attempt.
        if (!(error instanceof AddressTaken)) throw error;
      }
    }
    throw addressesContested();
  }

  /** The same in the caller's transaction, which runs inside `untilApplied`. Ring by `Wake` after the commit. */
  async applyIn(tx: TenantTransaction, sent: readonly unknown[], policy: RowPolicy, now: Date): Promise<AppliedRows> {
    const fields = await this.customFields.all(tx);
    const outcome: BatchOutcome = { created: 0, updated: 0, skipped: 0, failed: [] };
    const rows: Row[] = [];
    for (const [index, row] of sent.entries()) {
      const { patch, faults } = readContactRow(row, fields);
      if (faults === undefined) rows.push({ index, patch });
      else outcome.failed.push({ index, errors: faults });
    }
    if (rows.length === 0) return { outcome, contactIds: [], written: [] };
    const addresses = await foldedEmails(tx, rows.map(({ patch }) => patch.email));
    const standings = await lockedStandings(tx, addresses);
    this.fold(rows, addresses, standings, policy, now, outcome);
    outcome.failed.sort((a, b) => a.index - b.index);
    const all = [...standings.values()];
    await writeContacts(tx, fields, all, now);
    return {
      outcome, contactIds: all.map(({ after }) => after.id),
      written: all.filter(({ before, after }) => before === null || differs(before, after))
        .map(({ before, after }) => ({ id: after.id, before: before === null ? null : writtenOf(before) })),
    };
  }

  /** Puts contacts back to what they were: `written` as `applyIn` told it. In the caller's transaction. */
  async restoreIn(tx: TenantTransaction, written: readonly WrittenContact[], now: Date): Promise<void> {
    const fields = await this.customFields.all(tx);
    const records = await tx.rows<ContactRecord>(lockContacts(tx.tenantId, { ids: written.map(({ id }) => id) }));
    const earlier = new Map(written.map((contact) => [contact.id, stateOf(contact as unknown as ContactRecord)]));
    const standings = records.map((record) => ({ before: stateOf(record), after: earlier.get(record.id) ?? stateOf(record) }));
    await writeContacts(tx, fields, standings, now);
  }

  /** Applies the rows in memory, in their order, to the locked contacts; new ones are added to them. */
  private fold(
    rows: readonly Row[], addresses: readonly string[], standings: Map<string, Standing>, policy: RowPolicy, now: Date, outcome: BatchOutcome,
  ): void {
    for (const [at, { index, patch }] of rows.entries()) {
      const address = addresses[at] ?? '';
      const standing = standings.get(address);
      if (standing !== undefined && policy.onDuplicate === 'skip') {
        outcome.skipped += 1;
        continue;
      }
      const after = standing === undefined ? applyPatch(newContact(patch.email, now), patch, this.zones)
        : applyPatch(standing.after, allowedPatch(standing.after, patch, policy), this.zones);
      const errors = faultsOfState(after);
      if (errors.length > 0) {
        outcome.failed.push({ index, errors });
      } else if (standing === undefined) {
        outcome.created += 1;
        standings.set(address, { before: null, after });
      } else {
        outcome.updated += 1;
        standing.after = after;
      }
    }
  }
}

/** The contacts that are there, by their folded address, locked. */
async function lockedStandings(tx: TenantTransaction, addresses: readonly string[]): Promise<Map<string, Standing>> {
  const records = await tx.rows<ContactRecord & { email_folded: string }>(lockContacts(tx.tenantId, { folded: addresses }));
  return new Map(records.map((record) => {
    const state = stateOf(record);
    return [record.email_folded, { before: state, after: state }];
  }));
}
