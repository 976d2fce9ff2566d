import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TenantOwned } from './tenant-owned.entity.js';

/** One of the tenant's own event types, beside the nine built in. */
@Entity({ tableName: 'event_type' })
export class EventType extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  key!: string;

  @Property({ type: 'text' })
  label!: string;

  @Property({ type: 'json' })
  properties: Record<string, 'string' | 'number' | 'boolean'> = {};

  @Property({ type: 'integer' })
  version = 1;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
