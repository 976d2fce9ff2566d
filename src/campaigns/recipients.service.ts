import { Injectable } from '@nestjs/common';
import { Database, instantOf, type Sql, sql } from '#database';
import type { Page } from '../http/index.js';
import { CursorsService } from '../tenancy/index.js';
import type { Audience } from './audience.js';
import { findCampaign } from './campaign-rows.js';
import type { RecipientDto, RecipientsQuery } from './dto/launch.dto.js';

interface RecipientRow {
  contact_id: string; email: string; include: number; holdout: string | null; send_at: string;
}

/** Who is sent a launched campaign, and who is held out of it. */
@Injectable()
export class RecipientsService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
  ) {}

  /** Those to be sent it as a fragment, a SELECT of one column `contact_id`. Run it inside a transaction of the tenant. */
  recipientsOf(tenantId: string, campaignId: string): Sql {
    return sql`
      select contact_id from campaign_recipient
      where tenant_id = ${tenantId}::uuid and campaign_id = ${campaignId}::uuid and holdout is null`;
  }

  /** The frozen recipients in the order of the contact's id; those held out as well. */
  async list(tenantId: string, id: string, query: RecipientsQuery): Promise<Page<RecipientDto>> {
    const campaign = await this.database.inTenant(tenantId, async (tx) => await findCampaign(tx, id), { readOnly: true });
    const include = (campaign.audience as Audience | null)?.include ?? [];
    return await this.cursors.page(tenantId, ['recipients', campaign.id, query.holdout ?? null, query.dueBy ?? null], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => await tx.rows<RecipientRow>(sql`
        select r.contact_id, c.email, r.include, r.holdout, r.send_at
        from campaign_recipient r join contact c on c.tenant_id = ${tenantId}::uuid and c.id = r.contact_id
        where r.tenant_id = ${tenantId}::uuid and r.campaign_id = ${id}::uuid
          ${after === null ? sql`` : sql`and r.contact_id > ${after[0]}::uuid`}
          ${query.dueBy === undefined ? sql`` : sql`and r.send_at <= ${new Date(query.dueBy)}::timestamptz`}
          ${query.holdout === undefined ? sql`` : query.holdout === 'none' ? sql`and r.holdout is null` : sql`and r.holdout = ${query.holdout}`}
        order by r.contact_id limit ${limit}`), { readOnly: true }),
      (row): [string] => [row.contact_id],
      (row) => {
        const source = include[row.include];
        return {
          contactId: row.contact_id, email: row.email, holdout: row.holdout, sendAt: instantOf(row.send_at).toISOString(),
          reason: {
            include: row.include, segmentId: source !== undefined && 'segmentId' in source ? source.segmentId : null,
            name: source !== undefined && 'rules' in source ? source.name ?? null : null,
          },
        };
      });
  }
}
