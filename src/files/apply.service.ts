import { Injectable } from '@nestjs/common';
import { Database, sql, type TenantTransaction } from '#database';
import type { InputFault } from '#kernel';
import { type BatchOutcome, ContactBatchesService, type WrittenContact } from '../contacts/index.js';
import { eventsAccepted } from '../http/index.js';
import { Wake } from '../queues/index.js';
import { StaticMembersService } from '../segments/index.js';
import type { ImportKind } from './import-options.js';
import type { SentRow } from './read/rows.js';
import type { StoredOptions } from './receive.service.js';
import { ApplyEvents, noteEvents } from './apply-events.js';
import { mostAttempts } from './attempts.js';
import { contactRow, orSaidTwice } from './row-values.js';
import { contactHash } from './sql/contact-hash.sql.js';
import { segmentOfImport } from './sql/segment-of-import.sql.js';

interface Job { kind: ImportKind; status: string; options: StoredOptions; segment_id: string | null; failed: number }

interface Step {
  /** Whether something may wait still. */
  readonly more: boolean;
  readonly events: number;
}

interface AppliedPart extends BatchOutcome {
  /** Contacts made (`before` is null) and changed. */
  readonly written: readonly { readonly id: string; readonly before: WrittenContact | null }[];
}

/** Applies the parts of an import, one a transaction, in which the part goes: a crash loses no row and doubles none. */
@Injectable()
export class ApplyService {
  constructor(
    private readonly database: Database,
    private readonly batches: ContactBatchesService,
    private readonly events: ApplyEvents,
    private readonly members: StaticMembersService,
    private readonly wake: Wake,
  ) {}

  /** Goes on until nothing waits, or the signal says stop. */
  async run(tenantId: string, importId: string, now: () => Date, signal?: AbortSignal): Promise<void> {
    for (let more = true; more && signal?.aborted !== true;) {
      const step = await this.batches.untilApplied(async () => await this.database.inTenant(tenantId, async (tx) => await this.step(tx, importId, now())));
      more = step.more;
      eventsAccepted.inc(step.events);
      this.wake.tenant(tenantId);
    }
  }

  /** Notes that a part could not be applied, or the import not be taken back; after a few times that has failed. */
  async noteFailure(tenantId: string, importId: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const row = await tx.row<{ attempts: number; status: string }>(sql`
        update import set attempts = attempts + 1
        where tenant_id = ${tenantId}::uuid and id = ${importId}::uuid and status in ('queued', 'running', 'rolling_back') returning attempts, status`);
      if (row === undefined || row.attempts < mostAttempts) return;
      await end(tx, importId, 'failed', row.status === 'rolling_back' ? 'rollback_failed' : 'internal', now);
    });
  }

  private async step(tx: TenantTransaction, importId: string, now: Date): Promise<Step> {
    // Two workers at one import queue here, and the second finds the part gone.
    const job = await tx.row<Job>(sql`
      select kind, status, options, ${segmentOfImport(tx.tenantId)}, failed from import where tenant_id = ${tx.tenantId}::uuid and id = ${importId}::uuid for update`);
    if (job?.status !== 'queued' && job?.status !== 'running') return { more: false, events: 0 };
    const part = await tx.row<{ seq: number; rows: SentRow[] }>(sql`
      select seq, rows from import_part where tenant_id = ${tx.tenantId}::uuid and import_id = ${importId}::uuid order by seq limit 1`);
    if (part === undefined) {
      await end(tx, importId, 'succeeded', null, now);
      return { more: false, events: 0 };
    }
    const { created, failed } = await this.applyPart(tx, importId, job, part.rows, now);
    await tx.write(sql`delete from import_part where tenant_id = ${tx.tenantId}::uuid and import_id = ${importId}::uuid and seq = ${part.seq}`);
    const more = job.failed + failed.length < job.options.errorLimit;
    if (!more) await end(tx, importId, 'failed', 'too_many_errors', now);
    return { more, events: job.kind === 'events' ? created : 0 };
  }

  private async applyPart(tx: TenantTransaction, importId: string, job: Job, rows: readonly SentRow[], now: Date): Promise<AppliedPart> {
    const applied = job.kind === 'events'
      ? await this.applyEvents(tx, importId, job, rows, now) : await this.applyContacts(tx, importId, job, rows, now);
    const { created, updated, skipped, failed, written } = applied;
    if (written.length > 0) {
      await tx.write(sql`
        insert into import_contact (tenant_id, import_id, contact_id, before, after_hash)
        select ${tx.tenantId}::uuid, ${importId}::uuid, c.id, w.before, ${contactHash}
        from json_to_recordset(${JSON.stringify(written)}::json) as w (id uuid, before jsonb)
        join contact c on c.tenant_id = ${tx.tenantId}::uuid and c.id = w.id
        on conflict (tenant_id, import_id, contact_id) do update set after_hash = excluded.after_hash`);
    }
    if (failed.length > 0) await this.noteErrors(tx, importId, rows, failed);
    await tx.write(sql`
      update import set status = 'running', attempts = 0, created = created + ${created}, updated = updated + ${updated},
        skipped = skipped + ${skipped}, failed = failed + ${failed.length}
      where tenant_id = ${tx.tenantId}::uuid and id = ${importId}::uuid`);
    return applied;
  }

  private async applyContacts(tx: TenantTransaction, importId: string, { options, segment_id: segmentId }: Job, rows: readonly SentRow[], now: Date): Promise<AppliedPart> {
    const { outcome, contactIds, written } = await this.batches.applyIn(tx, rows.map((row) => contactRow(row, options.columns, options)),
      { onDuplicate: options.onDuplicate, keepsConsent: options.consent === 'keep' }, now);
    if (segmentId !== null && contactIds.length > 0) await this.members.addImportedIn(tx, segmentId, contactIds, `import:${importId}`, now);
    return { ...outcome, failed: orSaidTwice(outcome.failed, rows, options), written };
  }

  private async applyEvents(tx: TenantTransaction, importId: string, { options }: Job, rows: readonly SentRow[], now: Date): Promise<AppliedPart> {
    const { events, raised, ...counts } = await this.events.applyIn(tx, importId, options, rows, now);
    await noteEvents(tx, importId, events);
    return { ...counts, updated: 0, written: raised };
  }

  private async noteErrors(tx: TenantTransaction, importId: string, rows: readonly SentRow[], failed: readonly { index: number; errors: readonly InputFault[] }[]): Promise<void> {
    const noted = failed.map(({ index, errors }) => ({ line: rows[index]?.line, original: rows[index]?.content, errors }));
    await tx.write(sql`
      insert into import_error (tenant_id, import_id, line, original, errors)
      select ${tx.tenantId}::uuid, ${importId}::uuid, e.line, e.original, e.errors
      from json_to_recordset(${JSON.stringify(noted)}::json) as e (line integer, original json, errors json)
      on conflict (tenant_id, import_id, line) do nothing`);
  }
}

/** The import has ended: what waited still, waits no more. */
export async function end(tx: TenantTransaction, importId: string, status: string, error: string | null, now: Date): Promise<void> {
  await tx.write(sql`delete from import_part where tenant_id = ${tx.tenantId}::uuid and import_id = ${importId}::uuid`);
  await tx.write(sql`
    update import set status = ${status}, error = ${error}, finished_at = ${now}::timestamptz
    where tenant_id = ${tx.tenantId}::uuid and id = ${importId}::uuid`);
}
