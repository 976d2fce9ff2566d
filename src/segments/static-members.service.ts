import { Injectable } from '@nestjs/common';
import { Database, sql, type Sql, type TenantTransaction } from '#database';
import { appendContactChanges, ContactsService } from '../contacts/index.js';
import { Wake } from '../queues/index.js';
import type { ContactsNamedDto, MembersAddedDto, MembersRemovedDto, UnknownContactDto } from './dto/members.dto.js';
import { lockSegment } from './find-segment.js';
import { contactsUnknown, notStatic } from './segments.problems.js';
import { addMembers, importedMembers, removeMembers, type Via } from './sql/static-members.sql.js';

interface Named {
  contactIds?: string[];
  emails?: string[];
}

/** The lists of static segments. */
@Injectable()
export class StaticMembersService {
  constructor(
    private readonly database: Database,
    private readonly contacts: ContactsService,
    private readonly wake: Wake,
  ) {}

  /** Adds contacts to a static segment; those not known come back, the others are added. */
  async add(tenantId: string, segmentId: string, named: ContactsNamedDto, by: string, now: Date): Promise<MembersAddedDto> {
    return await this.change(tenantId, segmentId, async (tx) => {
      const { known, unknown } = await this.resolve(tx, named);
      const added = await this.write(tx, segmentId, known, by, now);
      return { added, unchanged: known.length - added, failed: unknown };
    });
  }

  async remove(tenantId: string, segmentId: string, named: ContactsNamedDto, by: string, now: Date): Promise<MembersRemovedDto> {
    return await this.change(tenantId, segmentId, async (tx) => {
      const { known, unknown } = await this.resolve(tx, named);
      const removed = await this.takeOff(tx, segmentId, sql`select unnest(${known}::uuid[])`, by, now);
      return { removed, unchanged: known.length - removed, failed: unknown };
    });
  }

  /** The first members of a new segment, in the transaction that makes it; all must be known. */
  async addIn(tx: TenantTransaction, segmentId: string, named: Named, by: string, now: Date): Promise<void> {
    const { known, unknown } = await this.resolve(tx, named);
    if (unknown.length > 0) throw contactsUnknown(unknown.map(({ path, message }) => ({ path, message })));
    await this.write(tx, segmentId, known, by, now);
  }

  /** Adds contacts that an import brought, in its transaction; whoever is on the list already stays. */
  async addImportedIn(tx: TenantTransaction, segmentId: string, ids: readonly string[], by: string, now: Date): Promise<void> {
    await lockSegment(tx, segmentId);
    await this.write(tx, segmentId, ids, by, now, 'import');
  }

  /** Takes off again whom the import named by `by` has added, in the caller's transaction. */
  async removeImportedIn(tx: TenantTransaction, segmentId: string, by: string, now: Date): Promise<void> {
    await lockSegment(tx, segmentId);
    await this.takeOff(tx, segmentId, importedMembers(tx.tenantId, segmentId, by), by, now, 'import');
  }

  private async write(tx: TenantTransaction, segmentId: string, ids: readonly string[], by: string, now: Date, via: Via = 'manual'): Promise<number> {
    const [row] = await tx.rows<{ touched: string }>(addMembers(tx.tenantId, segmentId, ids, by, now, via));
    const added = Number(row?.touched ?? 0);
    if (added > 0) await appendContactChanges(tx, sql`select unnest(${[...ids]}::uuid[])`, now);
    return added;
  }

  private async takeOff(tx: TenantTransaction, segmentId: string, contactIdsSql: Sql, by: string, now: Date, via: Via = 'manual'): Promise<number> {
    const [row] = await tx.rows<{ touched: string }>(removeMembers(tx.tenantId, segmentId, contactIdsSql, by, now, via));
    const removed = Number(row?.touched ?? 0);
    if (removed > 0) await appendContactChanges(tx, contactIdsSql, now);
    return removed;
  }

  private async change<T>(tenantId: string, segmentId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    const result = await this.database.inTenant(tenantId, async (tx) => {
      // Edits of one list queue: each counts what it did.
      const segment = await lockSegment(tx, segmentId);
      if (segment.type !== 'static') throw notStatic();
      return await work(tx);
    });
    this.wake.tenant(tenantId);
    return result;
  }

  private async resolve(tx: TenantTransaction, named: Named): Promise<{ known: string[]; unknown: UnknownContactDto[] }> {
    const found = await this.contacts.resolveIds(tx, named);
    const unknown: UnknownContactDto[] = [];
    const known = new Set<string>();
    for (const list of ['contactIds', 'emails'] as const) {
      found[list].forEach((id, index) => {
        if (id === null) unknown.push({ path: `/${list}/${index}`, code: 'unknown_contact', message: 'There is no such contact.' });
        else known.add(id);
      });
    }
    return { known: [...known], unknown };
  }
}
