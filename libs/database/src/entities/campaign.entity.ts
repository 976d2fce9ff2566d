import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TenantOwned } from './tenant-owned.entity.js';

/** Drafts and scheduled ones are unfinished: what they use may not go. */
export type CampaignStatus = 'draft' | 'scheduled' | 'launched' | 'cancelled' | 'archived';

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
  status: CampaignStatus = 'draft';

  /** Whom it is for, as it was sent; null until somebody said. */
  @Property({ type: 'json', nullable: true })
  audience: object | null = null;

  /** When its recipients are frozen, or were to be. */
  @Property({ type: 'datetime', nullable: true })
  launchAt: Date | null = null;

  /** The local time at which each contact is to be sent it, `YYYY-MM-DDTHH:MM:SS`; null where it goes out to all at once. */
  @Property({ type: 'text', nullable: true })
  sendLocal: string | null = null;

  /** What the launch's audience has to be like, as it was sent. */
  @Property({ type: 'json', nullable: true })
  expect: object | null = null;

  @Property({ type: 'datetime', nullable: true })
  launchedAt: Date | null = null;

  /** The counts of the launch. They stay as they were when a person is erased. */
  @Property({ type: 'json', nullable: true })
  waterfall: object | null = null;

  /** Why the scheduled launch did not take place. */
  @Property({ type: 'text', nullable: true })
  launchError: string | null = null;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
