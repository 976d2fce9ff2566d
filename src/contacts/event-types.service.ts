import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import { Database, EventType, sql, type TenantTransaction } from '#database';
import { newId, notFound } from '#kernel';
import { eventRows } from '#rules';
import { Wake } from '../queues/index.js';
import { objectErased, type Once, onlyOnce } from '../tenancy/index.js';
import { appendMeaningChange } from './changes.js';
import { readDeclared } from './declared-properties.js';
import { eventTypeAtFault, eventTypeInUse, eventTypeKeyTaken } from './event-types.problems.js';

export interface EventTypeInput {
  readonly key: string;
  readonly label: string;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
}

/** The tenant's own event types, beside the nine that are built in. */
@Injectable()
export class EventTypesService {
  constructor(
    private readonly database: Database,
    private readonly wake: Wake,
  ) {}

  async create(tenantId: string, input: EventTypeInput, once: Once, now: Date): Promise<EventType> {
    const { properties, faults } = readDeclared(input.properties ?? {});
    const builtIn = eventRows.some(({ key }) => key === input.key)
      ? [{ path: '/key', code: 'value_not_allowed', message: 'An event type of this key is built in.' }] : [];
    if (faults.length + builtIn.length > 0) throw eventTypeAtFault([...builtIn, ...faults]);
    return await this.database.inTenant(tenantId, async (tx) => {
      const id = await onlyOnce(tx, once, now, async () => await insert(tx, {
        tenantId, id: newId(), key: input.key, label: input.label, properties, createdAt: now, updatedAt: now,
      }));
      const type = await tx.em.findOne(EventType, { tenantId, id });
      if (type === null) throw objectErased();
      return type;
    });
  }

  async list(tenantId: string, limit: number, after: string | null): Promise<EventType[]> {
    return await this.database.inTenant(tenantId, async ({ em }) => await em.find(EventType,
      { tenantId, ...(after === null ? {} : { id: { $gt: after } }) }, { orderBy: { id: 'asc' }, limit }), { readOnly: true });
  }

  async get(tenantId: string, id: string): Promise<EventType> {
    return await this.database.inTenant(tenantId, async (tx) => await find(tx, id), { readOnly: true });
  }

  /** Changes the label, or what properties are declared: these have a say in what rules mean, and so count as a new version. */
  async update(tenantId: string, id: string, change: Partial<Omit<EventTypeInput, 'key'>>, now: Date): Promise<EventType> {
    const declared = change.properties === undefined ? null : readDeclared(change.properties);
    if (declared !== null && declared.faults.length > 0) throw eventTypeAtFault(declared.faults);
    const { type: updated, means } = await this.database.inTenant(tenantId, async (tx) => {
      await tx.rows(sql`select from event_type where tenant_id = ${tenantId}::uuid and id = ${id}::uuid for no key update`);
      const type = await find(tx, id);
      if (change.label !== undefined && change.label !== type.label) Object.assign(type, { label: change.label, updatedAt: now });
      const differs = declared !== null && !isDeepStrictEqual({ ...declared.properties }, { ...type.properties });
      if (differs) {
        Object.assign(type, { properties: declared.properties, version: type.version + 1, updatedAt: now });
        await appendMeaningChange(tx, id, now);
      }
      await tx.em.flush();
      return { type, means: differs };
    });
    if (means) this.wake.tenant(tenantId);
    return updated;
  }

  /** Its events stay stored; a new type of the same key never counts them. Refused while a segment's rules name it. */
  async delete(tenantId: string, id: string): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const type = await find(tx, id);
      const dependents = await tx.rows<{ id: string; name: string }>(sql`
        select segment.id, segment.name from segment_event_type link
        join segment on segment.tenant_id = ${tenantId}::uuid and segment.id = link.segment_id
        where link.tenant_id = ${tenantId}::uuid and link.event_type_id = ${id}::uuid
        order by segment.id`);
      if (dependents.length > 0) throw eventTypeInUse(dependents);
      // A segment that names it just now is refused by the foreign key.
      await tx.em.remove(type).flush();
    });
  }
}

async function insert(tx: TenantTransaction, row: Partial<EventType> & { id: string; key: string }): Promise<string> {
  try {
    await tx.em.persist(Object.assign(new EventType(), row)).flush();
    return row.id;
  } catch (error) {
    throw error instanceof UniqueConstraintViolationException ? eventTypeKeyTaken(row.key) : error;
  }
}

async function find(tx: TenantTransaction, id: string): Promise<EventType> {
  const type = await tx.em.findOne(EventType, { tenantId: tx.tenantId, id });
  if (type === null) throw notFound('event type', id);
  return type;
}
