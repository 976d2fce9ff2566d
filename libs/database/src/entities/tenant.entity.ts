import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

@Entity({ tableName: 'tenant' })
export class Tenant {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  /** Being removed; null: it is not. */
  @Property({ type: 'datetime', nullable: true })
  removingAt: Date | null = null;

  /** How long the database may take for an answer, in seconds; null: as long as for everybody's. */
  @Property({ type: 'smallint', nullable: true })
  answerSeconds: number | null = null;
}
