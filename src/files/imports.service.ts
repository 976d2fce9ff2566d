import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, sql, type Sql, type TenantTransaction } from '#database';
import { ErasureSteps } from '../contacts/index.js';
import type { Page, PageQuery } from '../http/index.js';
import { CursorsService } from '../tenancy/index.js';
import { end } from './apply.service.js';
import { ImportDto, type ImportErrorDto, type ImportRow, type KeptContactDto } from './dto/import.dto.js';
import { importEnded, importNotFound, notRolledBack } from './files.problems.js';
import { errorFile, type ErrorRow, type FileForm, shownError } from './import-errors.js';
import type { StoredOptions } from './receive.service.js';
import { segmentOfImport } from './sql/segment-of-import.sql.js';

const rows = (tenantId: string): Sql => sql`id, kind, status, ${segmentOfImport(tenantId)}, total, created, updated, skipped, failed, removed, restored, kept, error, created_by, created_at, finished_at`;
/** The file of errors is made in memory; further ones are read as pages. */
const mostErrorsInFile = 100_000;

/** What is known of imports, and what is asked of them. */
@Injectable()
export class ImportsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
    private readonly erasures: ErasureSteps,
  ) {}

  onModuleInit(): void {
    this.erasures.add(async (tx, contactId) => { await forgetPerson(tx, contactId); });
    this.erasures.addOfEvent(async (tx, eventId) => { await forgetEvent(tx, eventId); });
  }

  async find(tenantId: string, id: string): Promise<ImportDto> {
    return await this.database.inTenant(tenantId, async (tx) => ImportDto.of(await rowOf(tx, id)));
  }

  async list(tenantId: string, query: PageQuery): Promise<Page<ImportDto>> {
    return await this.cursors.page(tenantId, ['imports'], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<ImportRow>(sql`
        select ${rows(tenantId)} from import where tenant_id = ${tenantId}::uuid ${after === null ? sql`` : sql`and id > ${after[0]}::uuid`} order by id limit ${limit}`)),
      (row): [string] => [row.id], (row) => ImportDto.of(row));
  }

  /** The rows at fault, by their lines. */
  async errors(tenantId: string, id: string, query: PageQuery): Promise<Page<ImportErrorDto>> {
    const { columns } = await this.optionsOf(tenantId, id);
    return await this.cursors.page(tenantId, ['import-errors', id], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<ErrorRow>(readErrors(tenantId, id, Number(after?.[0] ?? 0), limit))),
      (row): [number] => [row.line], (row) => shownError(row, columns));
  }

  /** The same as a file to be mended and sent again. */
  async errorFile(tenantId: string, id: string, format: 'csv' | 'ndjson'): Promise<string> {
    const options = await this.optionsOf(tenantId, id);
    const found = await this.database.inTenant(tenantId, async (tx) => await tx.rows<ErrorRow>(readErrors(tenantId, id, 0, mostErrorsInFile)));
    return errorFile(found, options, format);
  }

  /** Contacts that a rollback left as they are. */
  async kept(tenantId: string, id: string, query: PageQuery): Promise<Page<KeptContactDto>> {
    await this.find(tenantId, id);
    return await this.cursors.page(tenantId, ['import-kept', id], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<{ contact_id: string; kept: string }>(sql`
        select contact_id, kept from import_contact where tenant_id = ${tenantId}::uuid and import_id = ${id}::uuid and kept is not null
          ${after === null ? sql`` : sql`and contact_id > ${after[0]}::uuid`} order by contact_id limit ${limit}`)),
      (row): [string] => [row.contact_id], (row) => ({ contactId: row.contact_id, reason: row.kept }));
  }

  /** Stops it after the part under way, or in the middle of its upload. What was applied stays; a rollback takes it back. */
  async cancel(tenantId: string, id: string, now: Date): Promise<ImportDto> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const { status } = await rowOf(tx, id, true);
      if (status !== 'receiving' && status !== 'queued' && status !== 'running') throw importEnded(status);
      await end(tx, id, 'cancelled', null, now);
      return ImportDto.of(await rowOf(tx, id));
    });
  }

  /** Asks that an import that has ended be taken back. Asked again, it is answered as it is; one that failed is begun again. */
  async rollBack(tenantId: string, id: string): Promise<ImportDto> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const { status } = await rowOf(tx, id, true);
      if (status === 'queued' || status === 'running' || status === 'receiving') throw notRolledBack(status);
      if (status !== 'rolling_back' && status !== 'rolled_back') {
        await tx.write(sql`
          update import set status = 'rolling_back', attempts = 0, error = null, finished_at = null where tenant_id = ${tenantId}::uuid and id = ${id}::uuid`);
      }
      return ImportDto.of(await rowOf(tx, id));
    });
  }

  private async optionsOf(tenantId: string, id: string): Promise<FileForm> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const row = await tx.row<{ options: Partial<StoredOptions> }>(sql`select options from import where tenant_id = ${tenantId}::uuid and id = ${id}::uuid`);
      if (row === undefined) throw importNotFound(id);
      const { columns = null, delimiter = ',', encoding = 'utf-8', format = 'csv' } = row.options;
      return { columns, delimiter, encoding, format };
    });
  }
}

async function rowOf(tx: TenantTransaction, id: string, lock = false): Promise<ImportRow> {
  const row = await tx.row<ImportRow>(sql`
    select ${rows(tx.tenantId)} from import where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid ${lock ? sql`for update` : sql``}`);
  if (row === undefined) throw importNotFound(id);
  return row;
}

function readErrors(tenantId: string, id: string, after: number, limit: number) {
  return sql`
    select line, original, errors from import_error
    where tenant_id = ${tenantId}::uuid and import_id = ${id}::uuid and line > ${after} order by line limit ${limit}`;
}

/** Rows of the person that wait or were refused go with the person. Found by the address: what is in a file has no other name. */
async function forgetPerson(tx: TenantTransaction, contactId: string): Promise<void> {
  const contact = await tx.row<{ email_folded: string }>(sql`select email_folded from contact where tenant_id = ${tx.tenantId}::uuid and id = ${contactId}::uuid`);
  if (contact === undefined) return;
  const address = JSON.stringify(contact.email_folded).slice(1, -1);
  const named = (json: Sql): Sql => {
    const text = sql`lower(${json}::text collate "pg_c_utf8")`;
    return sql`(position(${address} in ${text}) > 0 and ${text} ~ ${wholeAddress(address)})`;
  };
  await tx.write(sql`
    delete from import_event i using contact_event e
    where e.tenant_id = ${tx.tenantId}::uuid and e.contact_id = ${contactId}::uuid and i.tenant_id = ${tx.tenantId}::uuid and i.event_id = e.id`);
  await tx.write(sql`delete from import_error where tenant_id = ${tx.tenantId}::uuid and ${named(sql`original`)}`);
  await tx.write(sql`
    update import_part p set rows = coalesce((
      select json_agg(r.row order by r.at) from json_array_elements(p.rows) with ordinality as r (row, at) where not ${named(sql`r.row`)}), '[]')
    where p.tenant_id = ${tx.tenantId}::uuid and ${named(sql`p.rows`)}`);
}

/** Of an event that is gone nobody can say any more whose it was. An import under way counts rows alike by it, and keeps it. */
async function forgetEvent(tx: TenantTransaction, eventId: string): Promise<void> {
  await tx.write(sql`
    delete from import_event e using import i
    where e.tenant_id = ${tx.tenantId}::uuid and e.event_id = ${eventId} and i.tenant_id = e.tenant_id and i.id = e.import_id and i.status not in ('queued', 'running')`);
}

/**
 * A pattern of the database for just this address inside JSON: not the end of a longer name before the @, nor the beginning
 * of a longer domain. The letter of an escape (`\n`) belongs to no name.
 */
function wholeAddress(address: string): string {
  const escaped = address.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return String.raw`((?<=\\[bfnrt]|\\u[0-9a-f]{4})|(?<![[:alnum:]._%+-]|[[:alnum:]]'))${escaped}(?![[:alnum:]-]|\.[[:alnum:]])`;
}
