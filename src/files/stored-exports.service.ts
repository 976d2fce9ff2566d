import { Readable } from 'node:stream';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, sql, type TenantTransaction } from '#database';
import { newId, Problem } from '#kernel';
import { ErasureSteps } from '../contacts/index.js';
import type { Page, PageQuery } from '../http/index.js';
import { standingFrom } from '../segments/index.js';
import { CursorsService, type Once, onlyOnce } from '../tenancy/index.js';
import { mostAttempts, passesByItself } from './attempts.js';
import { type CreateExportDto, ExportDto, type ExportOptions, type ExportRow, keptMs } from './dto/stored-export.dto.js';
import { contentTypes } from './export-formats.js';
import { type Exported, type ExportedFile, ExportService } from './export.service.js';
import { exportEnded, exportExpired, exportNotFound, exportNotReady, segmentOfExport } from './files.problems.js';

const rows = sql`id, what, segment_id, options, status, bytes, error, created_by, created_at, finished_at, as_of, pending_since`;
const partLength = 1_000_000;

/** Another run of the same export goes on, or nobody wants it any more. */
class Overtaken extends Error {}

/** What a run makes, and which run it is. */
type Due = Pick<ExportRow, 'what' | 'segment_id' | 'options'> & { run: number };

export interface FileToFetch extends ExportedFile {
  readonly name: string;
  readonly bytes: number;
}

/** Exports that are made in the background: their rows, their runs, and their files, which are kept for a week. */
@Injectable()
export class StoredExportsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
    private readonly exports: ExportService,
    private readonly erasures: ErasureSteps,
  ) {}

  onModuleInit(): void {
    this.erasures.add(async (tx) => { await forgetFiles(tx); });
  }

  /** Notes what is wanted. @throws 404, 422 where there is no such segment or field. */
  async create(tenantId: string, { what, segmentId, format = 'csv', fields, bom = false }: CreateExportDto, by: string, once: Once, now: Date): Promise<ExportDto> {
    if ((what === 'members') !== (segmentId !== undefined)) throw segmentOfExport(what);
    const options: ExportOptions = { format, fields: fields ?? null, bom };
    return await this.database.inTenant(tenantId, async (tx) => {
      const id = await onlyOnce(tx, once, now, async () => {
        await this.exports.check(tx, exported(what, segmentId ?? null), fields);
        const made = newId();
        await tx.write(sql`
          insert into export (tenant_id, id, what, segment_id, options, status, created_by, created_at)
          values (${tenantId}::uuid, ${made}::uuid, ${what}, ${segmentId ?? null}::uuid, ${JSON.stringify(options)}::json, 'queued', ${by}, ${now}::timestamptz)`);
        return made;
      });
      return ExportDto.of(await rowOf(tx, id));
    });
  }

  async find(tenantId: string, id: string): Promise<ExportDto> {
    return await this.database.inTenant(tenantId, async (tx) => ExportDto.of(await rowOf(tx, id)));
  }

  async list(tenantId: string, query: PageQuery): Promise<Page<ExportDto>> {
    return await this.cursors.page(tenantId, ['exports'], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<ExportRow>(sql`
        select ${rows} from export where tenant_id = ${tenantId}::uuid ${after === null ? sql`` : sql`and id > ${after[0]}::uuid`} order by id limit ${limit}`)),
      (row): [string] => [row.id], (row) => ExportDto.of(row));
  }

  async cancel(tenantId: string, id: string, now: Date): Promise<ExportDto> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const { status } = await rowOf(tx, id, true);
      if (status !== 'queued' && status !== 'running') throw exportEnded(status);
      await end(tx, id, 'cancelled', null, now);
      return ExportDto.of(await rowOf(tx, id));
    });
  }

  /** The file, piece by piece as the client takes it. @throws 409 where it is not there yet, 410 where it is there no more. */
  async file(tenantId: string, id: string): Promise<FileToFetch> {
    const { what, options: { format }, status, bytes, ...standing } = await this.database.inTenant(tenantId, async (tx) => await rowOf(tx, id));
    if (status === 'expired') throw exportExpired();
    if (status !== 'succeeded') throw exportNotReady(status);
    return {
      contentType: contentTypes[format], stream: Readable.from(this.parts(tenantId, id, Number(bytes)), { objectMode: false }), standing: standingFrom(standing),
      name: `${what}.${format}`, bytes: Number(bytes),
    };
  }

  /** Makes the file, from its first row on: all rows of one moment. Does nothing where nothing is due. */
  async run(tenantId: string, id: string, now: () => Date, signal?: AbortSignal): Promise<void> {
    const job = await this.database.inTenant(tenantId, async (tx) => await begin(tx, id));
    if (job === undefined) return;
    const { format, fields, bom } = job.options;
    try {
      const { stream, standing } = await this.exports.open(tenantId, exported(job.what, job.segment_id),
        { format, ...(fields === null ? {} : { fields }), bom: bom ? 'true' : 'false' }, now(), { use: 'work', signal });
      await this.store(tenantId, id, job.run, stream, signal);
      await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
        update export set status = 'succeeded', finished_at = ${now()}::timestamptz,
          as_of = ${standing.asOf}::timestamptz, pending_since = ${standing.pendingSince}::timestamptz
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'running' and run = ${job.run}`));
    } catch (error) {
      if (error instanceof Overtaken || signal?.aborted === true) return;
      const atFault = error instanceof Problem && error.status < 500;
      const failure = { fault: atFault ? error.message : null, counts: !passesByItself(error) };
      await this.database.inTenant(tenantId, async (tx) => { await noteFailure(tx, id, job.run, failure, now()); });
      if (!atFault) throw error;
    }
  }

  /** Whose time has passed. */
  async expire(tenantId: string, id: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const expired = await tx.write(sql`
        update export set status = 'expired' where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'succeeded'
          and finished_at < ${new Date(now.getTime() - keptMs)}::timestamptz`);
      if (expired > 0) await dropParts(tx, id);
    });
  }

  private async store(tenantId: string, id: string, run: number, stream: Readable, signal?: AbortSignal): Promise<void> {
    let [pieces, length, seq]: [Buffer[], number, number] = [[], 0, 0];
    const flush = async (): Promise<void> => {
      if (length === 0) return;
      const bytes = Buffer.concat(pieces);
      const stored = await this.database.inTenant(tenantId, async (tx) => {
        const running = await tx.write(sql`
          update export set bytes = bytes + ${length} where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status = 'running' and run = ${run}`);
        if (running > 0) await tx.write(sql`insert into export_part (tenant_id, export_id, seq, bytes) values (${tenantId}::uuid, ${id}::uuid, ${seq}, ${bytes}::bytea)`);
        return running > 0;
      });
      if (!stored) throw new Overtaken();
      [pieces, length, seq] = [[], 0, seq + 1];
    };
    for await (const piece of stream as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      pieces.push(piece);
      length += piece.length;
      if (length >= partLength) await flush();
    }
    await flush();
  }

  /** A file that goes away meanwhile is cut off, and not merely short. */
  private async* parts(tenantId: string, id: string, bytes: number): AsyncIterable<Buffer> {
    let sent = 0;
    for (let seq = 0; sent < bytes; seq += 1) {
      const part = await this.database.inTenant(tenantId, async (tx) => await tx.row<{ bytes: Buffer }>(sql`
        select bytes from export_part where tenant_id = ${tenantId}::uuid and export_id = ${id}::uuid and seq = ${seq}`));
      if (part === undefined) throw new Error('the file of the export has gone');
      sent += part.bytes.length;
      yield part.bytes;
    }
  }
}

function exported(what: ExportRow['what'], segmentId: string | null): Exported {
  return what === 'members' ? { what, segmentId: segmentId ?? '' } : { what };
}

async function rowOf(tx: TenantTransaction, id: string, lock = false): Promise<ExportRow> {
  const row = await tx.row<ExportRow>(sql`select ${rows} from export where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid ${lock ? sql`for update` : sql``}`);
  if (row === undefined) throw exportNotFound(id);
  return row;
}

async function begin(tx: TenantTransaction, id: string): Promise<Due | undefined> {
  const job = await tx.row<Due>(sql`
    update export set status = 'running', run = run + 1, bytes = 0
    where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid and status in ('queued', 'running') returning what, segment_id, options, run`);
  if (job !== undefined) await dropParts(tx, id);
  return job;
}

async function noteFailure(tx: TenantTransaction, id: string, run: number, { fault, counts }: { fault: string | null; counts: boolean }, now: Date): Promise<void> {
  const row = await tx.row<{ attempts: number }>(sql`
    update export set status = 'queued', attempts = attempts + ${counts ? 1 : 0}, bytes = 0
    where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid and status = 'running' and run = ${run} returning attempts`);
  if (row === undefined) return;
  if (fault !== null || row.attempts >= mostAttempts) await end(tx, id, 'failed', fault ?? 'internal', now);
  else await dropParts(tx, id);
}

async function end(tx: TenantTransaction, id: string, status: 'failed' | 'cancelled', error: string | null, now: Date): Promise<void> {
  await dropParts(tx, id);
  await tx.write(sql`
    update export set status = ${status}, error = ${error}, bytes = 0, finished_at = ${now}::timestamptz where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid`);
}

async function dropParts(tx: TenantTransaction, id: string): Promise<void> {
  await tx.write(sql`delete from export_part where tenant_id = ${tx.tenantId}::uuid and export_id = ${id}::uuid`);
}

/** Nobody looks into a file for a person: those that are there go, and those that are being made are begun anew. */
async function forgetFiles(tx: TenantTransaction): Promise<void> {
  await tx.write(sql`
    with gone as (
      update export set status = case status when 'running' then 'queued' else 'expired' end, run = run + 1
      where tenant_id = ${tx.tenantId}::uuid and status in ('running', 'succeeded') returning id
    )
    delete from export_part p using gone where p.tenant_id = ${tx.tenantId}::uuid and p.export_id = gone.id`);
}
