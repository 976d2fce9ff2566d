import { Injectable } from '@nestjs/common';
import { Database, longStatementMs, sql, type TenantTransaction } from '#database';
import { ContactBatchesService, ContactsService, EventsService, type WrittenContact } from '../contacts/index.js';
import { Wake } from '../queues/index.js';
import { StaticMembersService } from '../segments/index.js';
import { end } from './apply.service.js';
import { contactHash } from './sql/contact-hash.sql.js';
import { segmentOfImport } from './sql/segment-of-import.sql.js';

interface Touched { left: boolean; contact_id: string; before: WrittenContact | null; same: boolean; events: boolean; sent: boolean }

const batch = 500;
const eventBatch = 2000;

/** Takes an import back, in one transaction: wholly, or not at all. */
@Injectable()
export class RollbackService {
  constructor(
    private readonly database: Database,
    private readonly batches: ContactBatchesService,
    private readonly contacts: ContactsService,
    private readonly events: EventsService,
    private readonly members: StaticMembersService,
    private readonly wake: Wake,
  ) {}

  /** Whom it made goes, whom it changed is put back; who was changed otherwise since, or has events, stays and is noted. */
  async run(tenantId: string, importId: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const job = await tx.row<{ kind: string; status: string; segment_id: string | null; created_at: string }>(sql`
        select kind, status, ${segmentOfImport(tenantId)}, created_at from import where tenant_id = ${tenantId}::uuid and id = ${importId}::uuid for update`);
      if (job?.status !== 'rolling_back') return;
      if (job.segment_id !== null) await this.members.removeImportedIn(tx, job.segment_id, `import:${importId}`, now);
      const events = job.kind === 'events' ? await this.takeEventsBack(tx, importId, now) : null;
      let [removed, restored, kept] = [events ?? 0, 0, 0];
      for (let after: string | null = null; ;) {
        const touched: Touched[] = await tx.rows<Touched>(touchedContacts(tenantId, importId, after, job.created_at));
        if (touched.length === 0) break;
        after = touched.at(-1)?.contact_id ?? null;
        const done = await this.undo(tx, importId, touched, now);
        [removed, restored, kept] = [removed + done.removed, restored + done.restored, kept + done.kept];
      }
      await end(tx, importId, 'rolled_back', null, now);
      await tx.write(sql`
        update import set removed = ${removed}, restored = ${restored}, kept = ${kept} where tenant_id = ${tenantId}::uuid and id = ${importId}::uuid`);
      await tx.write(sql`delete from import_contact where tenant_id = ${tenantId}::uuid and import_id = ${importId}::uuid and kept is null`);
    }, { statementTimeoutMs: longStatementMs });
    this.wake.tenant(tenantId);
  }

  /** How many events there were; whose they are is locked first, all of them, in the one order. */
  private async takeEventsBack(tx: TenantTransaction, importId: string, now: Date): Promise<number> {
    const made = sql`select i.event_id from import_event i where i.tenant_id = ${tx.tenantId}::uuid and i.import_id = ${importId}::uuid and i.made`;
    await this.events.lockOwnersIn(tx, made);
    let removed = 0;
    for (let after: string | null = null; ;) {
      const ids: { event_id: string }[] = await tx.rows<{ event_id: string }>(sql`
        ${made} ${after === null ? sql`` : sql`and i.event_id > ${after}`} order by i.event_id limit ${eventBatch}`);
      if (ids.length === 0) break;
      after = ids.at(-1)?.event_id ?? null;
      removed += await this.events.undoIn(tx, ids.map((row) => row.event_id), now);
    }
    await tx.write(sql`delete from import_event where tenant_id = ${tx.tenantId}::uuid and import_id = ${importId}::uuid`);
    return removed;
  }

  private async undo(tx: TenantTransaction, importId: string, touched: readonly Touched[], now: Date): Promise<{ removed: number; restored: number; kept: number }> {
    const reasons = touched.map(reasonToKeep);
    const free = touched.filter((_, at) => reasons[at] === null);
    const held = touched.flatMap(({ contact_id: id }, at) => (reasons[at] === null ? [] : [{ id, reason: reasons[at] }]));
    const made = free.filter(({ before }) => before === null);
    const changed = free.map(({ before }) => before).filter((before) => before !== null);
    if (changed.length > 0) await this.batches.restoreIn(tx, changed, now);
    for (const { contact_id: id } of made) await this.contacts.eraseIn(tx, id, now);
    if (held.length > 0) {
      await tx.write(sql`
        update import_contact i set kept = k.reason from json_to_recordset(${JSON.stringify(held)}::json) as k (id uuid, reason text)
        where i.tenant_id = ${tx.tenantId}::uuid and i.import_id = ${importId}::uuid and i.contact_id = k.id`);
    }
    return { removed: made.length, restored: changed.length, kept: held.length };
  }
}

function reasonToKeep({ before, same, left, events, sent }: Touched): string | null {
  if (!same || (before !== null && left)) return 'changed';
  if (before !== null) return null;
  if (events) return 'has_events';
  return sent ? 'in_campaign' : null;
}

/** The next contacts that the import has written, locked in the order in which every writer locks. */
function touchedContacts(tenantId: string, importId: string, after: string | null, since: string) {
  return sql`
    select i.contact_id, i.before, i.after_hash = ${contactHash} as same,
      -- Whoever has left since, by an event of their own, is not brought back, though the status is the import's.
      c.subscription_status in ('bounced', 'unsubscribed', 'complained') and c.subscription_status <> i.before ->> 'subscription_status' and exists (
        select from contact_event e where e.tenant_id = ${tenantId}::uuid and e.contact_id = c.id and e.received_at >= ${since}::timestamptz
          and e.type in ('bounced', 'unsubscribed', 'complained')) as left,
      exists (select from contact_event e where e.tenant_id = ${tenantId}::uuid and e.contact_id = c.id) as events,
      exists (select from campaign_recipient r where r.tenant_id = ${tenantId}::uuid and r.contact_id = c.id) as sent
    from import_contact i join contact c on c.tenant_id = ${tenantId}::uuid and c.id = i.contact_id
    where i.tenant_id = ${tenantId}::uuid and i.import_id = ${importId}::uuid ${after === null ? sql`` : sql`and i.contact_id > ${after}::uuid`}
    order by i.contact_id limit ${batch} for update of c`;
}
