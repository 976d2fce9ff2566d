import { Injectable } from '@nestjs/common';
import { Database, instantOf, sql } from '#database';
import { type InputFault, isStorable, newId, pointerTo } from '#kernel';
import { fold } from '#rules';
import { type Page, rowsOfBatch } from '../http/index.js';
import { CursorsService } from '../tenancy/index.js';
import { suppressionNotFound } from './campaigns.problems.js';
import type { SuppressionDto, SuppressionsOutcomeDto, SuppressionsQuery } from './dto/settings.dto.js';

interface SuppressionRow {
  id: string; kind: string; value: string | null; reason: string | null; created_by: string; created_at: string;
}

interface Suppression {
  readonly id: string;
  readonly kind: 'address' | 'domain';
  readonly value: string;
  readonly reason: string | null;
}

/** Addresses and domains of a tenant that are sent no campaign. */
@Injectable()
export class SuppressionsService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
  ) {}

  /** Adds addresses and domains, whatever the letter case; those that are there stay as they are. Bad rows come back. */
  async add(tenantId: string, sent: object, by: string, now: Date): Promise<SuppressionsOutcomeDto> {
    const { rows, failed } = readRows(sent);
    const created = await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
      insert into suppression (tenant_id, id, kind, value_hash, value, reason, created_by, created_at)
      select ${tenantId}::uuid, s.id, s.kind, sha256(convert_to(s.value, 'UTF8')), s.value, s.reason, ${by}, ${now}::timestamptz
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s (id uuid, kind text, value text, reason text)
      order by s.kind, sha256(convert_to(s.value, 'UTF8')), s.id
      on conflict (tenant_id, kind, value_hash) do nothing`));
    return { created, unchanged: rows.length - created, failed };
  }

  async list(tenantId: string, query: SuppressionsQuery): Promise<Page<SuppressionDto>> {
    return await this.cursors.page(tenantId, ['suppressions', query.kind ?? null], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<SuppressionRow>(sql`
        select id, kind, value, reason, created_by, created_at from suppression
        where tenant_id = ${tenantId}::uuid ${query.kind === undefined ? sql`` : sql`and kind = ${query.kind}`}
          ${after === null ? sql`` : sql`and id > ${after[0]}::uuid`}
        order by id limit ${limit}`), { readOnly: true }),
      (row): [string] => [row.id],
      (row) => ({
        id: row.id, kind: row.kind, value: row.value, reason: row.reason, createdBy: row.created_by, createdAt: instantOf(row.created_at).toISOString(),
      }));
  }

  /** Takes one off the list. */
  async remove(tenantId: string, id: string): Promise<void> {
    const removed = await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
      delete from suppression where tenant_id = ${tenantId}::uuid and id = ${id}::uuid`));
    if (removed === 0) throw suppressionNotFound(id);
  }
}

function readRows(sent: object): { rows: Suppression[]; failed: { index: number; errors: InputFault[] }[] } {
  const rows: Suppression[] = [];
  const failed: { index: number; errors: InputFault[] }[] = [];
  rowsOfBatch(sent, 'suppressions').forEach((one, index) => {
    const read = readRow(one);
    if (Array.isArray(read)) failed.push({ index, errors: read });
    else rows.push(read);
  });
  return { rows, failed };
}

function readRow(sent: unknown): Suppression | InputFault[] {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return [{ path: '', code: 'shape_invalid', message: 'A row is an object.' }];
  const { address, domain, reason = null, ...unknown } = sent as Record<string, unknown>;
  const faults = Object.keys(unknown).map((key): InputFault => ({ path: pointerTo('', key), code: 'unknown_property', message: 'A row has an address or a domain, and a reason.' }));
  if ((address === undefined) === (domain === undefined)) faults.push({ path: '', code: 'shape_invalid', message: 'A row has either an address or a domain.' });
  const [kind, value] = address === undefined ? ['domain', textOf(domain)] as const : ['address', textOf(address)] as const;
  if (address !== undefined && !isAddress.test(textOf(address))) faults.push({ path: '/address', code: 'value_invalid', message: 'This is no address.' });
  if (domain !== undefined && !isDomain.test(textOf(domain))) faults.push({ path: '/domain', code: 'value_invalid', message: 'This is no domain.' });
  if (reason !== null && (typeof reason !== 'string' || reason.length > 1000 || !isStorable(reason))) {
    faults.push({ path: '/reason', code: 'value_invalid', message: 'A reason is a text of up to 1,000 characters.' });
  }
  return faults.length > 0 ? faults : { id: newId(), kind, value, reason: reason as string | null };
}

const isAddress = /^[^@\s]\S*@[^@\s]+$/;
const isDomain = /^[^@\s]+$/;

/** In lower case and trimmed; what is no text, or too long for an address, is empty. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' && isStorable(value) ? fold(value.trim()) : '';
  return text.length > 320 ? '' : text;
}
