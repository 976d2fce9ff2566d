import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TextListType } from './text-list.type.js';
import { TenantOwned } from './tenant-owned.entity.js';

export type SubscriptionStatus = 'active' | 'unsubscribed' | 'bounced' | 'complained' | 'pending';

@Entity({ tableName: 'contact' })
export class Contact extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  email!: string;

  @Property({ type: 'text', persist: false })
  readonly emailFolded!: string;

  @Property({ type: 'text', nullable: true })
  firstName: string | null = null;

  @Property({ type: 'text', nullable: true })
  lastName: string | null = null;

  @Property({ type: 'text', nullable: true })
  company: string | null = null;

  @Property({ type: 'text', nullable: true })
  jobTitle: string | null = null;

  @Property({ type: 'text', nullable: true })
  phone: string | null = null;

  @Property({ type: 'text', nullable: true })
  country: string | null = null;

  @Property({ type: 'text', nullable: true })
  state: string | null = null;

  @Property({ type: 'text', nullable: true })
  city: string | null = null;

  /** As sent; `zone` is what it resolves to. */
  @Property({ type: 'text', nullable: true })
  timezone: string | null = null;

  @Property({ type: 'text' })
  zone = 'UTC';

  @Property({ type: 'text', nullable: true })
  source: string | null = null;

  @Property({ type: 'text' })
  subscriptionStatus: SubscriptionStatus = 'active';

  @Property({ type: 'double', nullable: true })
  leadScore: number | null = null;

  @Property({ type: TextListType })
  tags: string[] = [];

  /** By the custom field's id; the forms are those of the migration. */
  @Property({ type: 'json' })
  custom: Record<string, unknown> = {};

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
