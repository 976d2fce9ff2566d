import { createHash, type Hash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Database, sql } from '#database';
import { newId } from '#kernel';
import { type CustomFieldSet, CustomFieldsService } from '../contacts/index.js';
import { SegmentsService } from '../segments/index.js';
import { type Once, onlyOnce } from '../tenancy/index.js';
import { end } from './apply.service.js';
import { importEnded } from './files.problems.js';
import { columnNames, hasHeader } from './header.js';
import type { ImportFormat, ImportOptions } from './import-options.js';
import { fixedFields, type MappedColumn, mappedColumns } from './mapping.js';
import { type Cell, textOfSent } from './read/cell.js';
import { fileRows } from './read/file-rows.js';
import type { SentRow } from './read/rows.js';

/** As the options are kept with an import. */
export interface StoredOptions extends Omit<ImportOptions, 'mapping'> {
  readonly format: ImportFormat;
  readonly columns: readonly MappedColumn[] | null;
}

const partRows = 1000;
const partLength = 2_000_000;

/** Takes a file in: its rows are stored in parts as they come, so that memory is one part, whatever the size. */
@Injectable()
export class ReceiveService {
  constructor(
    private readonly database: Database,
    private readonly customFields: CustomFieldsService,
    private readonly segments: SegmentsService,
  ) {}

  /** Stores the file and answers the import's id. A file at fault leaves nothing. @throws 409 where it was cancelled meanwhile. */
  async receive(tenantId: string, file: Readable, format: ImportFormat, sent: ImportOptions, by: string, once: Once, now: Date): Promise<string> {
    const id = newId();
    const hash = createHash('sha256');
    const hashed = hashedBy(hash, file);
    try {
      const custom = await this.database.inTenant(tenantId, async (tx) => await this.customFields.all(tx));
      const options = { ...sent, fixed: fixedFields(sent.fixed, sent.kind, custom) };
      await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
        insert into import (tenant_id, id, kind, status, options, created_by, created_at)
        values (${tenantId}::uuid, ${id}::uuid, ${options.kind}, 'receiving', '{}', ${by}, ${now}::timestamptz)`));
      const { columns, total } = await this.store(tenantId, id, hashed, format, options, custom);
      const seen = once === null ? null
        : { keyHash: once.keyHash, requestHash: createHash('sha256').update(once.requestHash).update(hash.digest()).digest() };
      const made = await this.database.inTenant(tenantId, async (tx) => await onlyOnce(tx, seen, now, async () => {
        const segmentId = options.segmentName === null ? null
          : await this.segments.createIn(tx, { name: options.segmentName, type: 'static' }, by, now);
        const queued = await tx.write(sql`
          update import set status = 'queued', options = ${JSON.stringify({ ...options, mapping: undefined, format, columns } satisfies StoredOptions & { mapping: undefined })}::json, total = ${total}, segment_id = ${segmentId}::uuid
          where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'receiving'`);
        if (queued === 0) throw importEnded('cancelled');
        return id;
      }));
      if (made !== id) await this.forget(tenantId, id);
      return made;
    } catch (error) {
      await this.forget(tenantId, id);
      throw error;
    } finally {
      file.unpipe(hashed);
      file.resume();
    }
  }

  private async store(tenantId: string, id: string, file: Readable, format: ImportFormat, options: ImportOptions, custom: CustomFieldSet): Promise<{ columns: readonly MappedColumn[] | null; total: number }> {
    let columns: readonly MappedColumn[] | null = null;
    let part: SentRow[] = [];
    let [seq, total, length] = [0, 0, 0];
    const flush = async (): Promise<void> => {
      if (part.length === 0) return;
      const rows = JSON.stringify(part);
      const stored = await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
        insert into import_part (tenant_id, import_id, seq, rows)
        select tenant_id, id, ${seq}, ${rows}::json from import
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'receiving' for share`));
      if (stored === 0) throw importEnded('cancelled');
      [part, length, seq, total] = [[], 0, seq + 1, total + part.length];
    };
    for await (const row of fileRows[format](file, options)) {
      if (format !== 'ndjson' && columns === null) {
        const first = (row.content as readonly Cell[]).map((cell) => textOfSent(cell, format));
        const header = hasHeader(first, options.header);
        const names = columnNames(first, header);
        columns = mappedColumns(names, options, custom);
        if (header) continue;
      }
      part.push(row);
      length += JSON.stringify(row.content).length;
      if (part.length >= partRows || length >= partLength) await flush();
    }
    await flush();
    return { columns, total };
  }

  /** Nobody receives it any more: the process that did has died. */
  async giveUp(tenantId: string, id: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const lost = await tx.row(sql`
        select id from import where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'receiving' for update`);
      if (lost !== undefined) await end(tx, id, 'failed', 'not_received', now);
    });
  }

  /** One that was cancelled stays, and says so. */
  private async forget(tenantId: string, id: string): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
      delete from import where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'receiving'`));
  }
}

/** What is read of the file, through the hash. It fails where the upload is cut off, at whatever moment: whoever reads it later hears of it. */
function hashedBy(hash: Hash, file: Readable): Transform {
  const hashed = new Transform({ transform: (bytes: Buffer, _, done) => { hash.update(bytes); done(null, bytes); } });
  // Nobody may be reading yet, and an error that nobody hears ends the process.
  hashed.on('error', () => undefined);
  const cutOff = (): void => { if (!file.readableEnded) hashed.destroy(new Error('the upload was cut off')); };
  file.on('error', (error) => { hashed.destroy(error); }).on('close', cutOff).pipe(hashed);
  if (file.destroyed) cutOff();
  return hashed;
}
