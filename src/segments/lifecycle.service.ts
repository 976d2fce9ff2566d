import { Injectable } from '@nestjs/common';
import { Database, longStatementMs, Segment, sql } from '#database';
import type { SegmentDefinition } from '#rules';
import { Wake } from '../queues/index.js';
import type { Once } from '../tenancy/index.js';
import type { SegmentDto } from './dto/segment.dto.js';
import { lockSegment } from './find-segment.js';
import { RefreshService } from './refresh.service.js';
import { mustBeUnused, SegmentsService } from './segments.service.js';

/** How long a copy waits for the refresh of what is frozen. */
const freshWithinSeconds = 60;

/** A segment's life beside its edits: archived, activated, copied. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly database: Database,
    private readonly segments: SegmentsService,
    private readonly refreshes: RefreshService,
    private readonly wake: Wake,
  ) {}

  async archive(tenantId: string, id: string, by: string, now: Date): Promise<SegmentDto> {
    await this.database.inTenant(tenantId, async (tx) => {
      const segment = await lockSegment(tx, id);
      await mustBeUnused(tx, id, 'archived');
      await this.segments.changeIn(tx, segment, { status: 'archived' }, by, now);
    });
    return await this.segments.get(tenantId, id);
  }

  async activate(tenantId: string, id: string, by: string, now: Date): Promise<SegmentDto> {
    await this.database.inTenant(tenantId, async (tx) => {
      await this.segments.changeIn(tx, await lockSegment(tx, id), { status: 'active' }, by, now);
    });
    this.wake.tenant(tenantId);
    return await this.segments.get(tenantId, id);
  }

  /**
   * A duplicate is of the same type; a frozen copy is a static segment of the present members.
   * @throws 503 where the members to be frozen cannot be made fresh in time.
   */
  async copy(tenantId: string, id: string, how: 'duplicate' | 'freeze', name: string | undefined, by: string, now: Date, once: Once): Promise<SegmentDto> {
    if (how === 'freeze') {
      await this.refreshes.makeFresh(tenantId, async ({ em }) => await em.find(Segment, { tenantId, id: id.toLowerCase(), type: 'dynamic', status: 'active' }), freshWithinSeconds, now);
    }
    return await this.segments.makeOnce(tenantId, once, now, async (tx) => {
      const original = await lockSegment(tx, id);
      const dynamic = how === 'duplicate' && original.type === 'dynamic';
      const rules = original.rules as SegmentDefinition | null;
      const made = await this.segments.createIn(tx, {
        name: name ?? `${original.name} (${how === 'freeze' ? 'frozen' : 'copy'})`.slice(0, 200), description: original.description,
        notes: original.notes, owner: original.owner,
        type: dynamic ? 'dynamic' : 'static', labels: original.labels, workspaceId: original.workspaceId,
        status: original.status === 'draft' && dynamic ? 'draft' : 'active', ...(dynamic && rules !== null ? { rules } : {}),
      }, by, now, rules);
      if (!dynamic) await tx.write(copyMembers(tenantId, id, made, by, now));
      return made;
    }, { statementTimeoutMs: longStatementMs });
  }
}

function copyMembers(tenantId: string, from: string, to: string, by: string, at: Date): ReturnType<typeof sql> {
  return sql`
    with copied as (
      insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, ${to}::uuid, m.contact_id, ${at}::timestamptz
      from segment_member m join contact c on c.tenant_id = ${tenantId}::uuid and c.id = m.contact_id
      where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${from}::uuid returning contact_id
    ),
    history as (
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, by)
      select ${tenantId}::uuid, ${to}::uuid, contact_id, 'entered', ${at}::timestamptz, 'manual', ${by} from copied order by contact_id
    )
    update segment_state set contact_count = (select count(*) from copied)
    where tenant_id = ${tenantId}::uuid and segment_id = ${to}::uuid`;
}
