import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database, type Segment, sql, type TenantTransaction } from '#database';
import { realTime } from '#kernel';
import type { Page, PageQuery } from '../http/index.js';
import { Wake } from '../queues/index.js';
import { CursorsService } from '../tenancy/index.js';
import { queueRefresh, queueRefreshes, type RefreshMode, type RefreshRow, refreshView, type RefreshView } from './refresh-queue.js';
import { findSegment } from './find-segment.js';
import { forgetIdleRefreshes } from './sql/forget-refreshes.sql.js';
import { notRefreshable, refreshEnded, refreshNotFound, segmentsNotFresh } from './segments.problems.js';

const pollMs = 50;
/** Refreshes as they are asked for, listed, waited for and cancelled; `RefreshCycle` does them. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly database: Database,
    private readonly cursors: CursorsService,
    private readonly wake: Wake,
  ) {}

  /** Asks for a refresh; it covers every write that was answered before. Waits for its end as long as told. */
  async request(tenantId: string, segmentId: string, mode: RefreshMode, waitSeconds: number, now: Date): Promise<RefreshView> {
    const id = await this.database.inTenant(tenantId, async (tx) => await queueIfRefreshable(tx, await findSegment(tx, segmentId), mode, now));
    this.wake.tenant(tenantId);
    return await this.ended(tenantId, id, performance.now() + waitSeconds * 1000);
  }

  /** Refreshes segments in one cycle and waits, for as many as there are so long each; throws where one is not done by then. */
  async makeFresh(tenantId: string, segments: (tx: TenantTransaction) => Promise<readonly Segment[]>, waitSeconds: number, now: Date): Promise<void> {
    const ids = await this.database.inTenant(tenantId, async (tx) => {
      const queued: string[] = [];
      for (const segment of await segments(tx)) queued.push(await queueIfRefreshable(tx, segment, 'auto', now));
      return queued;
    });
    if (ids.length === 0) return;
    this.wake.tenant(tenantId);
    const deadline = performance.now() + ids.length * waitSeconds * 1000;
    for (const id of ids) if ((await this.ended(tenantId, id, deadline)).status !== 'succeeded') throw segmentsNotFresh();
  }

  /** Queues a refresh of every active dynamic segment of the tenant. */
  async requestAll(tenantId: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => { await queueRefreshes(tx, 'all', now, realTime.now()); });
    this.wake.tenant(tenantId);
  }

  /** Forgets refreshes that changed nobody, but for the latest of each segment; how many. */
  async forgetIdle(tenantId: string): Promise<number> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.write(forgetIdleRefreshes(tenantId)));
  }

  async get(tenantId: string, id: string): Promise<RefreshView> {
    return refreshView(await this.database.inTenant(tenantId, async (tx) => await find(tx, id)));
  }

  /** The refreshes of a segment, newest first. */
  async list(tenantId: string, segmentId: string, query: PageQuery): Promise<Page<RefreshView>> {
    return await this.cursors.page(tenantId, ['refreshes', segmentId], query,
      async ({ limit, after }) => await this.database.inTenant(tenantId, async (tx) => {
        await findSegment(tx, segmentId);
        return await tx.rows<RefreshRow>(sql`
          select * from segment_refresh where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid
            ${after === null ? sql`` : sql`and id < ${after[0]}::uuid`}
          order by id desc limit ${limit}`);
      }),
      (row): [string] => [row.id], refreshView);
  }

  /** A waiting refresh is taken back; of a running one, what it did is rolled back. The segment owes a refresh then. */
  async cancel(tenantId: string, id: string, now: Date): Promise<RefreshView> {
    return refreshView(await this.database.inTenant(tenantId, async (tx) => {
      await find(tx, id);
      const cancelled = await tx.row<RefreshRow>(sql`
        update segment_refresh set status = 'cancelled', finished_at = ${now}::timestamptz
        where tenant_id = ${tenantId}::uuid and id = ${id}::uuid and status in ('queued', 'running') returning *`);
      if (cancelled === undefined) throw refreshEnded((await find(tx, id)).status);
      return cancelled;
    }));
  }

  /** The refresh once it has ended, or as it is when the time is over. */
  private async ended(tenantId: string, id: string, deadline: number): Promise<RefreshView> {
    for (;;) {
      const view = await this.get(tenantId, id);
      if ((view.status !== 'queued' && view.status !== 'running') || performance.now() >= deadline) return view;
      await wait(pollMs);
    }
  }
}

async function queueIfRefreshable(tx: TenantTransaction, { id, type, status }: Segment, mode: RefreshMode, now: Date): Promise<string> {
  if (type === 'static') throw notRefreshable('static');
  if (status !== 'active') throw notRefreshable(status === 'draft' ? 'a draft' : status);
  return await queueRefresh(tx, id, mode, now);
}

async function find(tx: TenantTransaction, id: string): Promise<RefreshRow> {
  const row = await tx.row<RefreshRow>(sql`select * from segment_refresh where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid`);
  if (row === undefined) throw refreshNotFound(id);
  return row;
}
