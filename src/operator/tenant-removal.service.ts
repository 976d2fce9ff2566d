import { Injectable } from '@nestjs/common';
import { contested, Database, longStatementMs, sql } from '#database';
import { notFound, realTime } from '#kernel';
import { Queue } from '../queues/index.js';
import { TenantsService } from '../tenancy/index.js';
import { endOfBatch, lockTenant, removeBetween, removeRow, type TenantTable, tenantTables } from './sql/remove-tenant.sql.js';

/** Some seconds of work: a transaction that is open longer keeps the server from clearing up after all tenants. */
const rowsOfBatch = 20_000;
/** Whoever was at work when the tenant was closed ends; it takes no more than a few attempts. */
const mostAttempts = 10;

/**
 * Removes a tenant with everything of it, in batches that commit one by one, its own row last: what is interrupted goes on
 * from where it was, and once the row is gone nothing is left.
 */
@Injectable()
export class TenantRemoval {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly queue: Queue,
  ) {}

  /** Closes the tenant at once, and comes back when nothing of it is left. @throws 404 where there is none. */
  async remove(tenantId: string): Promise<void> {
    if (!await this.tenants.close(tenantId, realTime.now())) throw notFound('tenant', tenantId);
    await this.finish(tenantId);
  }

  /** What is left of a tenant that is closed. Any number may be at it; does nothing where nothing is left. */
  async finish(tenantId: string, signal?: AbortSignal): Promise<void> {
    const tables = childrenFirst(await this.database.outsideTenants<TenantTable>(tenantTables));
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const table of tables) await this.empty(tenantId, table, signal);
        await this.end(tenantId, tables);
        break;
      } catch (error) {
        if (attempt >= mostAttempts || !wasWrittenMeanwhile(error)) throw error;
      }
    }
    await this.queue.forget(tenantId);
  }

  private async empty(tenantId: string, table: TenantTable, signal?: AbortSignal): Promise<void> {
    for (let after: readonly string[] | null = null; ;) {
      signal?.throwIfAborted();
      const end = await this.removeBatch(tenantId, table, after);
      if (end === null) return;
      after = end;
    }
  }

  private async removeBatch(tenantId: string, table: TenantTable, after: readonly string[] | null): Promise<readonly string[] | null> {
    return await this.database.inTenant(tenantId, async (tx) => {
      await this.tenants.noteRemoval(tx, realTime.now());
      // By the primary key, whatever the planner expects of its first column alone: a scan of all tenants' rows for each batch would never end.
      await tx.rows(sql`set local enable_seqscan = off`);
      // Whether events name a contact is asked for each contact. Once statistics no longer know this tenant's events, all indexes seem alike to a
      // plan for this tenant: by contact_event_by_type each question walked over what was deleted, 15 s for 21,000 contacts and not 1 s.
      // A plan for any tenant goes by the contact, but one that the session kept may be of the days when the table was empty.
      await tx.rows(sql`set local plan_cache_mode = force_generic_plan`);
      await tx.rows(sql`discard plans`);
      const batch = table.key.length === 0 ? undefined : await tx.row<{ key: string[] }>(endOfBatch(tenantId, table, after, rowsOfBatch));
      const end = batch?.key ?? null;
      await tx.write(removeBetween(tenantId, table, after, end));
      return end;
    }, { statementTimeoutMs: longStatementMs });
  }

  /** What came meanwhile, and the tenant's row, together: whoever writes has found it there, and is waited for, or finds it gone. */
  private async end(tenantId: string, tables: readonly TenantTable[]): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      await tx.rows(lockTenant(tenantId));
      for (const table of tables) await tx.write(removeBetween(tenantId, table, null, null));
      await tx.write(removeRow(tenantId));
    }, { statementTimeoutMs: longStatementMs });
  }
}

/** In an order in which no row is deleted that another names. */
function childrenFirst(tables: readonly TenantTable[]): TenantTable[] {
  const left = [...tables];
  const ordered: TenantTable[] = [];
  while (left.length > 0) {
    const at = left.findIndex(({ name }) => !left.some(({ references }) => references.includes(name)));
    if (at === -1) throw new Error('tables name one another in a circle');
    ordered.push(...left.splice(at, 1));
  }
  return ordered;
}

/** 23503: a row came that names one which is gone. */
function wasWrittenMeanwhile(error: unknown): boolean {
  return contested(error) || (error as { code?: string }).code === '23503';
}
