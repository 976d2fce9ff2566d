import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TenantOwned } from './tenant-owned.entity.js';

/** Only a running or stopped one has assignments; a draft that is stopped never had any. */
export type ExperimentStatus = 'draft' | 'running' | 'stopped';

@Entity({ tableName: 'experiment' })
export class Experiment extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'text' })
  hypothesis!: string;

  /** What is compared and how, as it was sent with the defaults filled in; it never changes. */
  @Property({ type: 'json' })
  plan!: object;

  @Property({ type: 'text' })
  status: ExperimentStatus = 'draft';

  @Property({ type: 'datetime', nullable: true })
  startedAt: Date | null = null;

  @Property({ type: 'datetime', nullable: true })
  stoppedAt: Date | null = null;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
