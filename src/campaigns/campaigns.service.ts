import { Injectable } from '@nestjs/common';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { Campaign, Database, type TenantTransaction } from '#database';
import { newId } from '#kernel';
import { appendCampaignChange } from '../contacts/index.js';
import { Wake } from '../queues/index.js';
import { objectErased, type Once, onlyOnce } from '../tenancy/index.js';
import { findCampaign, lockCampaign } from './campaign-rows.js';
import { externalIdTaken } from './campaigns.problems.js';

export interface CampaignChange {
  readonly name?: string | undefined;
  /** `null` clears it. */
  readonly externalId?: string | null | undefined;
}

/** Campaigns; rules know them by name, events by id or external id. */
@Injectable()
export class CampaignsService {
  constructor(
    private readonly database: Database,
    private readonly wake: Wake,
  ) {}

  async create(tenantId: string, name: string, externalId: string | null, once: Once, now: Date): Promise<Campaign> {
    const campaign = await this.database.inTenant(tenantId, async (tx) => {
      const id = await onlyOnce(tx, once, now, async () => await insertCampaign(tx, name, externalId, now));
      const found = await tx.em.findOne(Campaign, { tenantId, id });
      if (found === null) throw objectErased();
      return found;
    });
    this.wake.tenant(tenantId);
    return campaign;
  }

  async list(tenantId: string, limit: number, after: string | null): Promise<Campaign[]> {
    return await this.database.inTenant(tenantId, async ({ em }) => await em.find(Campaign,
      { tenantId, ...(after === null ? {} : { id: { $gt: after } }) }, { orderBy: { id: 'asc' }, limit }), { readOnly: true });
  }

  async get(tenantId: string, id: string): Promise<Campaign> {
    return await this.database.inTenant(tenantId, async (tx) => await findCampaign(tx, id), { readOnly: true });
  }

  /** Renames it, or changes its external id. What its events are shown with changes by either. */
  async update(tenantId: string, id: string, change: CampaignChange, now: Date): Promise<Campaign> {
    const campaign = await this.database.inTenant(tenantId, async (tx) => {
      const found = await lockCampaign(tx, id);
      const before = found.externalId;
      const { name = found.name, externalId = before } = change;
      if (name === found.name && externalId === before) return found;
      Object.assign(found, { name, externalId, updatedAt: now });
      await flushCampaign(tx, externalId);
      await tellSegments(tx, id, [before, externalId], now);
      return found;
    });
    this.wake.tenant(tenantId);
    return campaign;
  }
}

/** Events that carry its external id may have come before it. */
export async function insertCampaign(tx: TenantTransaction, name: string, externalId: string | null, now: Date): Promise<string> {
  const id = newId();
  tx.em.persist(Object.assign(new Campaign(), { tenantId: tx.tenantId, id, name, externalId, createdAt: now, updatedAt: now }));
  await flushCampaign(tx, externalId);
  await tellSegments(tx, id, [externalId], now);
  return id;
}

async function flushCampaign(tx: TenantTransaction, externalId: string | null): Promise<void> {
  try {
    await tx.em.flush();
  } catch (error) {
    throw error instanceof UniqueConstraintViolationException ? externalIdTaken(externalId ?? '') : error;
  }
}

/** The contacts with events of any name that the campaign goes or went by are looked at again. */
async function tellSegments(tx: TenantTransaction, id: string, externalIds: readonly (string | null)[], now: Date): Promise<void> {
  const names = new Set([id, ...externalIds].filter((name) => name !== null));
  for (const name of names) await appendCampaignChange(tx, name, now);
}
