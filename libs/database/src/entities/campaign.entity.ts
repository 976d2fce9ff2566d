import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TenantOwned } from './tenant-owned.entity.js';

@Entity({ tableName: 'campaign' })
export class Campaign extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  /** Another system's id of it, unique in the tenant; events may carry it as `campaignId`. */
  @Property({ type: 'text', nullable: true })
  externalId: string | null = null;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'text' })
  status: 'draft' = 'draft' as const;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
