import { Injectable } from '@nestjs/common';
import { Database, sql } from '#database';
import { type InputFault, invalid } from '#kernel';
import { usableSegment } from './audience.service.js';
import type { CampaignSettings } from './audience.js';
import { readSettings } from './campaign-rows.js';

/** What holds for every campaign of a tenant. */
@Injectable()
export class CampaignSettingsService {
  constructor(private readonly database: Database) {}

  async get(tenantId: string): Promise<CampaignSettings> {
    return await this.database.inTenant(tenantId, async (tx) => await readSettings(tx), { readOnly: true });
  }

  /** Replaces the settings. The segments that they mark can be neither deleted nor archived. */
  async set(tenantId: string, { holdoutPercent, suppressedSegmentIds }: CampaignSettings, now: Date): Promise<CampaignSettings> {
    return await this.database.inTenant(tenantId, async (tx) => {
      await tx.write(sql`
        insert into campaign_settings (tenant_id, holdout_percent, updated_at)
        values (${tenantId}::uuid, ${holdoutPercent}::float8, ${now}::timestamptz)
        on conflict (tenant_id) do update set holdout_percent = excluded.holdout_percent, updated_at = excluded.updated_at`);
      const faults: InputFault[] = [];
      for (const [index, id] of suppressedSegmentIds.entries()) {
        const fault = await usableSegment(tx, id, `/suppressedSegmentIds/${index}`);
        if (fault !== null) faults.push(fault);
      }
      if (faults.length > 0) throw invalid(faults);
      await tx.write(sql`delete from suppressed_segment where tenant_id = ${tenantId}::uuid`);
      await tx.write(sql`
        insert into suppressed_segment (tenant_id, segment_id)
        select distinct ${tenantId}::uuid, marked from unnest(${[...suppressedSegmentIds]}::uuid[]) as marked`);
      return await readSettings(tx);
    });
  }
}
