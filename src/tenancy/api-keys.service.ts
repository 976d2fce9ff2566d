import { Injectable } from '@nestjs/common';
import { LockMode } from '@mikro-orm/core';
import { ApiKey, Database, instantOrNull, isKeyValid, type Role, sql } from '#database';
import { newId, notFound } from '#kernel';
import type { Caller } from './caller.js';
import { beginningOf, formatKey, hashSecret, newSecret, parseKey } from './keys.js';
import { expiryPast, keyNotValid } from './tenancy.problems.js';

/** A key is noted as used at most once a minute: a write on each request would cost more than the request. */
const lastUsedStepMs = 60_000;

interface KeyRow { id: string; role: Role; expires_at: string | null; revoked_at: string | null; last_used_at: string | null }

@Injectable()
export class ApiKeysService {
  constructor(private readonly database: Database) {}

  /** Who a key is, or `null` where it is not valid at `now`. The key carries the tenant's id, so that no look-up crosses tenants. */
  async authenticate(text: string, now: Date): Promise<Caller | null> {
    const key = parseKey(text);
    if (key === null) return null;
    const { tenantId } = key;
    // Each request asks this: no entity is made of the row.
    const [[found]] = await this.database.find<[KeyRow]>(tenantId, sql`
      select id, role, expires_at, revoked_at, last_used_at from api_key
      where tenant_id = ${tenantId}::uuid and secret_hash = ${sql.lit(`\\x${hashSecret(key.secret).toString('hex')}`)}::bytea`);
    if (found === undefined || !isKeyValid({ revokedAt: instantOrNull(found.revoked_at), expiresAt: instantOrNull(found.expires_at) }, now)) return null;
    const lastUsed = instantOrNull(found.last_used_at);
    if (lastUsed === null || Math.abs(now.getTime() - lastUsed.getTime()) >= lastUsedStepMs) {
      await this.database.inTenant(tenantId, async ({ em }) => await em.nativeUpdate(ApiKey, { tenantId, id: found.id }, { lastUsedAt: now }));
    }
    return { tenantId, name: `api-key:${found.id}`, role: found.role };
  }

  /** Makes a key; the text of it is in this answer only. One that would never be taken is a mistake, as of the year. */
  async create(tenantId: string, name: string, role: Role, expiresAt: Date | null, now: Date): Promise<{ key: ApiKey; apiKey: string }> {
    if (expiresAt !== null && expiresAt <= now) throw expiryPast();
    return await this.database.inTenant(tenantId, async ({ em }) => {
      const { key, secret } = newKey(tenantId, name, role, expiresAt, now);
      await em.persist(key).flush();
      return { key, apiKey: formatKey(tenantId, secret) };
    });
  }

  async list(tenantId: string, limit: number, after: string | null): Promise<ApiKey[]> {
    return await this.database.inTenant(tenantId, async ({ em }) => await em.find(ApiKey,
      { tenantId, ...(after === null ? {} : { id: { $gt: after } }) }, { orderBy: { id: 'asc' }, limit }));
  }

  /**
   * Makes a key like another, which from then on expires when the grace is over, if not before. One that is no longer valid
   * has no successor: who held it may have lost it.
   */
  async rotate(tenantId: string, id: string, graceSeconds: number, now: Date): Promise<{ key: ApiKey; apiKey: string }> {
    return await this.database.inTenant(tenantId, async ({ em }) => {
      // Locked, so that of two rotations at once the second finds when the first lets it end.
      const old = await em.findOne(ApiKey, { tenantId, id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (old === null) throw notFound('API key', id);
      if (!old.isValidAt(now)) throw keyNotValid();
      const { key, secret } = newKey(tenantId, old.name, old.role, old.expiresAt, now);
      old.expireBy(new Date(now.getTime() + graceSeconds * 1000));
      await em.persist(key).flush();
      return { key, apiKey: formatKey(tenantId, secret) };
    });
  }

  /** From the next request on the key is refused. It stays listed. */
  async revoke(tenantId: string, id: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async ({ em }) => {
      const key = await em.findOne(ApiKey, { tenantId, id });
      if (key === null) throw notFound('API key', id);
      key.revokedAt ??= now;
      await em.flush();
    });
  }
}

/** The row and the secret of a new key. */
export function newKey(tenantId: string, name: string, role: Role, expiresAt: Date | null, now: Date): { key: ApiKey; secret: string } {
  const secret = newSecret();
  const key = Object.assign(new ApiKey(), {
    tenantId, id: newId(), name, role, secretHash: hashSecret(secret), secretBeginning: beginningOf(secret), createdAt: now, expiresAt,
  });
  return { key, secret };
}
