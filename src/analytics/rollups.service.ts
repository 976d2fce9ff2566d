import { Injectable } from '@nestjs/common';
import { Database, instantOf, instantOrNull, sql, type TenantTransaction } from '#database';
import { newId, notFound } from '#kernel';
import { ZonesService } from '../contacts/index.js';
import { Wake } from '../queues/index.js';
import { objectErased, type Once, onlyOnce } from '../tenancy/index.js';
import { unknownZone } from './analytics.problems.js';
import { readState } from './analytics-state.js';
import type { AnalyticsSettingsDto, RollupDto } from './dto/rollups.dto.js';
import { ANALYTICS } from './jobs/analytics.job.js';
import { daysAskedFor } from './period.js';
import { lockRollup } from './sql/roll-up.sql.js';

interface RollupRow {
  id: string; from_day: string; to_day: string; status: RollupDto['status']; created_at: string; finished_at: string | null;
}

/** The tenant's zone, and rollups that are asked for. */
@Injectable()
export class RollupsService {
  constructor(
    private readonly database: Database,
    private readonly zones: ZonesService,
    private readonly wake: Wake,
  ) {}

  /** Asks for days to be rolled up, whether they have been or not. */
  async request(tenantId: string, from: string, to: string, once: Once, now: Date): Promise<RollupDto> {
    const rollup = await this.database.inTenant(tenantId, async (tx) => {
      const { zone } = await readState(tx, now);
      const days = await daysAskedFor(tx, zone, from, to);
      const id = await onlyOnce(tx, once, now, async () => {
        const made = newId();
        await tx.write(sql`
          insert into rollup (tenant_id, id, from_day, to_day, status, created_at)
          values (${tenantId}::uuid, ${made}::uuid, ${days.from}::date, ${days.to}::date, 'queued', ${now}::timestamptz)`);
        return made;
      });
      const [row] = await read(tx, { id }, 1, null);
      if (row === undefined) throw objectErased();
      return row;
    });
    this.wake.job(ANALYTICS, { tenantId }, { key: tenantId });
    return dtoOf(rollup);
  }

  async get(tenantId: string, id: string): Promise<RollupDto> {
    const [row] = await this.database.inTenant(tenantId, async (tx) => await read(tx, { id }, 1, null), { readOnly: true });
    if (row === undefined) throw notFound('rollup', id);
    return dtoOf(row);
  }

  async list(tenantId: string, limit: number, after: string | null): Promise<RollupDto[]> {
    const rows = await this.database.inTenant(tenantId, async (tx) => await read(tx, {}, limit, after), { readOnly: true });
    return rows.map(dtoOf);
  }

  async settings(tenantId: string, now: Date): Promise<AnalyticsSettingsDto> {
    return { timezone: (await this.database.inTenant(tenantId, async (tx) => await readState(tx, now), { readOnly: true })).zone };
  }

  /** Sets the zone. Other days are other sums: what was rolled up goes, and what erased persons left stays on its days. */
  async set(tenantId: string, { timezone }: AnalyticsSettingsDto, now: Date): Promise<AnalyticsSettingsDto> {
    const zone = this.zones.resolve(timezone);
    if (zone === undefined) throw unknownZone(timezone);
    await this.database.inTenant(tenantId, async (tx) => {
      await tx.rows(lockRollup(tenantId));
      if ((await readState(tx, now)).zone === zone) return;
      await tx.write(sql`
        insert into analytics_state (tenant_id, timezone) values (${tenantId}::uuid, ${zone})
        on conflict (tenant_id) do update set timezone = excluded.timezone`);
      await tx.write(sql`delete from segment_day where tenant_id = ${tenantId}::uuid and part <> 'erased'`);
      await tx.write(sql`delete from tenant_day where tenant_id = ${tenantId}::uuid and part <> 'erased'`);
    });
    return { timezone: zone };
  }
}

async function read(tx: TenantTransaction, { id }: { id?: string }, limit: number, after: string | null): Promise<RollupRow[]> {
  return await tx.rows<RollupRow>(sql`
    select id, from_day::text, to_day::text, status, created_at, finished_at from rollup
    where tenant_id = ${tx.tenantId}::uuid ${id === undefined ? sql`` : sql`and id = ${id}::uuid`}
      ${after === null ? sql`` : sql`and id > ${after}::uuid`}
    order by id limit ${limit}`);
}

function dtoOf(row: RollupRow): RollupDto {
  return {
    id: row.id, from: row.from_day, to: row.to_day, status: row.status, createdAt: instantOf(row.created_at).toISOString(),
    finishedAt: instantOrNull(row.finished_at)?.toISOString() ?? null,
  };
}
