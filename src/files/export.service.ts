import { PassThrough, type Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { Database, sql, type TenantTransaction } from '#database';
import { contactsOf, CustomFieldsService } from '../contacts/index.js';
import { alwaysRight, findSegment, noteUse, type Standing, standingOf } from '../segments/index.js';
import type { ExportQuery } from './dto/export.dto.js';
import { contactFields, eventFields, exportColumns, memberFields } from './export-columns.js';
import { contentTypes, exportWriter } from './export-formats.js';
import { batchesOf, type ExportSource } from './export-source.js';
import { refuseUnfit } from './sheet-limits.js';
import { isDense, nextContacts, nextEvents, nextMembers, nextOfMany, sideBySide } from './sql/read-rows.sql.js';
import { contactsUpTo, eventsUpTo, longContact, longEvent, membersUpTo } from './sql/sheet-limits.sql.js';

export interface ExportedFile {
  readonly contentType: string;
  readonly stream: Readable;
  /** Of members: how the segment stands whose rows they are. */
  readonly standing: Standing;
}

export const exportedKinds = ['members', 'contacts', 'events'] as const;
/** Whom the rows are read for, and until when. */
export interface Reader {
  /** A file that is kept waits for no client, and so for its turn as work does. */
  readonly use: 'export' | 'work';
  readonly signal?: AbortSignal | undefined;
}

/** The present members of a segment, all contacts, or all events. */
export type Exported = { readonly what: 'members'; readonly segmentId: string } | { readonly what: 'contacts' | 'events' };

/** A statement takes a millisecond or two beside its rows. */
const batch = 2000;
/** A client that takes nothing for so long is given up, and its snapshot with it. */
const stalledMs = 60_000;

/**
 * Streams what a tenant has as a file. All rows are of one moment: batches by key inside one repeatable-read transaction.
 * A batch is written when the client has taken the one before, so that memory is two of them, whatever the size.
 */
@Injectable()
export class ExportService {
  readonly #log = new Logger('Export');

  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
  ) {}

  /** @throws 404, 422 where there is no such segment or field. */
  async check(tx: TenantTransaction, exported: Exported, fields: string | undefined): Promise<void> {
    const source = await this.sourceOf(tx, exported);
    exportColumns(fields, source.fields, source.custom);
  }

  /**
   * Each keeps a connection and a snapshot for as long as its reader takes, until the signal is aborted.
   * @throws 404, 422 where there is no such segment or field, 503 where it gets no connection in time; then nothing was begun.
   */
  async open(tenantId: string, exported: Exported, query: ExportQuery, now: Date, { use, signal }: Reader): Promise<ExportedFile> {
    if (exported.what === 'members') {
      await this.database.inTenant(tenantId, async (tx) => {
        await findSegment(tx, exported.segmentId);
        await noteUse(tx, [exported.segmentId], now);
      });
    }
    const out = new PassThrough();
    // Whoever sends it hears of it by its own listener; where it failed before that, the caller hears of it.
    out.on('error', () => undefined);
    const leave = (): void => { out.destroy(); };
    signal?.addEventListener('abort', leave);
    const opened = Promise.withResolvers<ExportedFile>();
    void this.database.inTenant(tenantId, async (tx) => { await this.send(tx, exported, query, out, opened.resolve); }, {
      isolation: 'repeatable read', readOnly: true, use, ...(signal === undefined ? {} : { signal }),
    }).then(() => { out.end(); }, (error: unknown) => {
      opened.reject(error);
      if (!out.destroyed) this.#log.warn({ msg: 'an export was cut off', error: error instanceof Error ? error.name : typeof error });
      out.destroy(error instanceof Error ? error : new Error('the export failed'));
    }).finally(() => { signal?.removeEventListener('abort', leave); });
    return await opened.promise;
  }

  private async send(tx: TenantTransaction, exported: Exported, { format = 'csv', fields, bom }: ExportQuery, out: PassThrough, opened: (file: ExportedFile) => void): Promise<void> {
    const source = await this.sourceOf(tx, exported);
    const columns = exportColumns(fields, source.fields, source.custom);
    for (const setting of source.planning ?? []) await tx.rows(setting);
    if (format === 'xlsx') await refuseUnfit(tx, source, columns);
    const writer = exportWriter(format, columns, bom === 'true');
    const standing = exported.what === 'members' ? await standingOf(tx, exported.segmentId) : alwaysRight;
    opened({ contentType: contentTypes[format], stream: writer.packed?.(out) ?? out, standing });
    await send(out, writer.head);
    for await (const found of batchesOf(tx, source, columns, { size: batch })) await send(out, writer.rows(found));
    await send(out, writer.tail);
  }

  private async sourceOf(tx: TenantTransaction, exported: Exported): Promise<ExportSource> {
    const { tenantId } = tx;
    switch (exported.what) {
      case 'members': {
        const { segmentId } = exported;
        await findSegment(tx, segmentId);
        const dense = isDense(await sizesOf(tx, segmentId));
        return {
          fields: memberFields, custom: await this.customFields.all(tx), next: (...wanted) => (dense ? nextOfMany : nextMembers)(tenantId, segmentId, ...wanted),
          ...(dense ? { planning: sideBySide } : {}),
          countUpTo: (limit) => membersUpTo(tenantId, segmentId, limit), long: longContact,
        };
      }
      case 'contacts': return {
        fields: contactFields, custom: await this.customFields.all(tx), next: (...wanted) => nextContacts(tenantId, ...wanted),
        countUpTo: (limit) => contactsUpTo(tenantId, limit), long: longContact,
      };
      case 'events': return {
        fields: eventFields, custom: null, next: (...wanted) => nextEvents(tenantId, ...wanted), countUpTo: (limit) => eventsUpTo(tenantId, limit), long: longEvent,
      };
    }
  }
}

async function sizesOf(tx: TenantTransaction, segmentId: string): Promise<{ members: number; contacts: number }> {
  const row = await tx.row<{ members: string; contacts: string }>(sql`
    select coalesce((select contact_count from segment_state where tenant_id = ${tx.tenantId}::uuid and segment_id = ${segmentId}::uuid), 0) as members,
      ${contactsOf(tx.tenantId)} as contacts`);
  return { members: Number(row?.members), contacts: Number(row?.contacts) };
}

/** Writes, and waits until the client has taken what was written. A client that is gone, or takes nothing, ends the export. */
async function send(out: PassThrough, text: string): Promise<void> {
  if (out.destroyed) throw new Error('the client is gone');
  if (text === '' || out.write(text)) return;
  const taken = Promise.withResolvers<undefined>();
  const [drained, gone] = [() => { taken.resolve(undefined); }, () => { taken.reject(new Error('the client is gone')); }];
  const timer = setTimeout(gone, stalledMs);
  out.once('drain', drained).once('close', gone);
  try {
    await taken.promise;
  } finally {
    clearTimeout(timer);
    out.off('drain', drained).off('close', gone);
  }
}
