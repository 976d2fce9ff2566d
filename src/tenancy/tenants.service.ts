import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, sql, Tenant, TenantSecret } from '#database';
import { newId } from '#kernel';
import { newKey } from './api-keys.service.js';
import { formatKey } from './keys.js';

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

  /** The ids of all tenants, for the schedules. */
  async ids(): Promise<string[]> {
    const rows = await this.database.outsideTenants<{ id: string }>(sql`select id from tenant order by id`);
    return rows.map((row) => row.id);
  }
}
