import { PassThrough, type Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { Database, instantOf, type TenantTransaction } from '#database';
import { ContactDto, type ContactRecord, CustomFieldsService } from '../contacts/index.js';
import { findSegment, noteUse } from '../segments/index.js';
import type { ExportQuery } from './dto/export.dto.js';
import { contactFields, eventFields, exportColumns, type ExportedRow } from './export-columns.js';
import { contentTypes, exportWriter } from './export-formats.js';
import type { ExportSource } from './export-source.js';
import { tooManyExports } from './files.problems.js';
import { refuseUnfit } from './sheet-limits.js';
import { nextContacts, nextEvents, nextMembers } from './sql/read-rows.sql.js';
import { contactsUpTo, eventsUpTo, longContact, longEvent, membersUpTo } from './sql/sheet-limits.sql.js';

export interface ExportedFile {
  readonly contentType: string;
  readonly stream: Readable;
}

const batch = 1000;
/** Each holds a connection and a snapshot for as long as the client takes: the pool is not theirs alone. */
const mostAtOnce = 4;
/** A client that takes nothing for so long is given up, and its snapshot with it. */
const stalledMs = 60_000;

/**
 * Streams what a tenant has as a file. All rows are of one moment: batches by key inside one repeatable-read transaction.
 * The next batch is read when the client has taken the one before, so that memory is a batch, whatever the size.
 */
@Injectable()
export class ExportService {
  readonly #log = new Logger('Export');
  #underWay = 0;

  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
  ) {}

  /** The present members of a segment. Throws where there is no such segment or field; then nothing was begun. */
  async members(tenantId: string, segmentId: string, query: ExportQuery, now: Date): Promise<ExportedFile> {
    await this.database.inTenant(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      await noteUse(tx, [segmentId], now);
    });
    return await this.open(tenantId, query, async (tx): Promise<ExportSource<ContactRecord & { since: string }>> => {
      await findSegment(tx, segmentId);
      const custom = await this.customFields.all(tx);
      return {
        fields: [...contactFields, 'since'], custom, next: (after, limit, only) => nextMembers(tenantId, segmentId, after, limit, only),
        show: (row) => ({ ...ContactDto.of(row, custom), since: instantOf(row.since).toISOString() }),
        countUpTo: (limit) => membersUpTo(tenantId, segmentId, limit), long: longContact,
      };
    });
  }

  /** All contacts. */
  async contacts(tenantId: string, query: ExportQuery): Promise<ExportedFile> {
    return await this.open(tenantId, query, async (tx): Promise<ExportSource<ContactRecord>> => {
      const custom = await this.customFields.all(tx);
      return {
        fields: contactFields, custom, next: (after, limit, only) => nextContacts(tenantId, after, limit, only), show: (row) => ({ ...ContactDto.of(row, custom) }),
        countUpTo: (limit) => contactsUpTo(tenantId, limit), long: longContact,
      };
    });
  }

  /** All events. */
  async events(tenantId: string, query: ExportQuery): Promise<ExportedFile> {
    return await this.open(tenantId, query, async (): Promise<ExportSource<ExportedEvent>> => Promise.resolve({
      fields: eventFields, custom: null, next: (after, limit, only) => nextEvents(tenantId, after, limit, only), show: shownEvent,
      countUpTo: (limit) => eventsUpTo(tenantId, limit), long: longEvent,
    }));
  }

  private async open<Row extends { id: string }>(
    tenantId: string, { format = 'csv', fields, bom }: ExportQuery, prepare: (tx: TenantTransaction) => Promise<ExportSource<Row>>,
  ): Promise<ExportedFile> {
    if (this.#underWay >= mostAtOnce) throw tooManyExports();
    this.#underWay += 1;
    const out = new PassThrough();
    // Whoever sends it hears of it by its own listener; where it failed before that, the caller hears of it.
    out.on('error', () => undefined);
    const opened = Promise.withResolvers<ExportedFile>();
    void this.database.inTenant(tenantId, async (tx) => {
      const source = await prepare(tx);
      const columns = exportColumns(fields, source.fields, source.custom);
      if (format === 'xlsx') await refuseUnfit(tx, source, columns);
      const writer = exportWriter(format, columns, bom === 'true');
      opened.resolve({ contentType: contentTypes[format], stream: writer.packed?.(out) ?? out });
      await send(out, writer.head);
      for (let after: string | null = null; ;) {
        const rows: Row[] = await tx.rows<Row>(source.next(after, batch));
        if (rows.length > 0) await send(out, writer.rows(rows.map(source.show)));
        after = rows.at(-1)?.id ?? null;
        if (rows.length < batch) break;
      }
      await send(out, writer.tail);
    }, { isolation: 'repeatable read', readOnly: true }).then(() => { out.end(); }, (error: unknown) => {
      opened.reject(error);
      if (!out.destroyed) this.#log.warn({ msg: 'an export was cut off', error: error instanceof Error ? error.name : typeof error });
      out.destroy(error instanceof Error ? error : new Error('the export failed'));
    }).finally(() => { this.#underWay -= 1; });
    return await opened.promise;
  }
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

/** A row of `nextEvents`. */
interface ExportedEvent {
  id: string; type: string; contact_id: string; email: string; occurred_at: string; campaign_id: string | null; url: string | null;
  device: string | null; revenue: string | null; properties: Record<string, unknown>; received_at: string;
}

function shownEvent(event: ExportedEvent): ExportedRow {
  return {
    id: event.id, type: event.type, contactId: event.contact_id, email: event.email, occurredAt: instantOf(event.occurred_at).toISOString(),
    campaignId: event.campaign_id, url: event.url, device: event.device, revenue: event.revenue === null ? null : Number(event.revenue),
    properties: event.properties, receivedAt: instantOf(event.received_at).toISOString(),
  };
}
