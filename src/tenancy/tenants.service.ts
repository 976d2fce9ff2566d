import { randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Database, sql, Tenant, TenantSecret, type TenantStatements } from '#database';
import { newId, notFound } from '#kernel';
import { newKey } from './api-keys.service.js';
import { formatKey } from './keys.js';

/** What an operator may change of a tenant. */
export interface TenantChanges {
  readonly name?: string;
  /** How long the database may take for an answer, from 1 to 300 seconds; null: as long as for everybody's. */
  readonly answerSeconds?: number | null;
}

@Injectable()
export class TenantsService {
  constructor(private readonly database: Database) {}

  /** Makes a tenant with its first admin key. */
  async create(name: string, now: Date): Promise<{ id: string; name: string; apiKey: string }> {
    const id = newId();
    return await this.database.inTenant(id, async ({ em }) => {
      const { key, secret } = newKey(id, 'first admin key', 'admin', null, now);
      em.persist(Object.assign(new Tenant(), { id, name, createdAt: now }));
      await em.flush();
      em.persist([Object.assign(new TenantSecret(), { tenantId: id, cursorKey: randomBytes(32) }), key]);
      await em.flush();
      return { id, name, apiKey: formatKey(id, secret) };
    });
  }

  /** @throws 404 where there is no such tenant. */
  async find(id: string): Promise<Tenant> {
    return await this.database.inTenant(id, async ({ em }) => await tenantIn(em, id), { readOnly: true });
  }

  /** Changes what is given. @throws 404 where there is no such tenant. */
  async update(id: string, changes: TenantChanges): Promise<Tenant> {
    return await this.database.inTenant(id, async ({ em }) => em.assign(await tenantIn(em, id), changes));
  }

  /** From here on nobody comes in: its keys are gone, and tokens are refused. False where there is no such tenant. */
  async close(id: string, realNow: Date): Promise<boolean> {
    return await this.database.inTenant(id, async (tx) => {
      await tx.write(sql`delete from api_key where tenant_id = ${id}::uuid`);
      return await this.noteRemoval(tx, realNow);
    });
  }

  /** Notes that somebody is at the removal, who need not be followed by another. False where the tenant is gone. */
  async noteRemoval(tx: TenantStatements, realNow: Date): Promise<boolean> {
    return await tx.write(sql`update tenant set removing_at = ${realNow}::timestamptz where id = ${tx.tenantId}::uuid`) > 0;
  }

  /** Tenants whose removal nobody has been at since. */
  async leftBehind(since: Date): Promise<string[]> {
    const rows = await this.database.outsideTenants<{ id: string }>(sql`select id from tenant where removing_at < ${since}::timestamptz order by id`);
    return rows.map((row) => row.id);
  }

  /** The ids of all tenants that are here to stay, for the schedules. */
  async ids(): Promise<string[]> {
    const rows = await this.database.outsideTenants<{ id: string }>(sql`select id from tenant where removing_at is null order by id`);
    return rows.map((row) => row.id);
  }
}

async function tenantIn(em: EntityManager, id: string): Promise<Tenant> {
  const tenant = await em.findOne(Tenant, { id });
  if (tenant === null) throw notFound('tenant', id);
  return tenant;
}
