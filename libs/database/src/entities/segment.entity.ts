import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TextListType } from './text-list.type.js';
import { TenantOwned } from './tenant-owned.entity.js';

export type SegmentType = 'dynamic' | 'static';
export type SegmentStatus = 'draft' | 'active' | 'archived';

@Entity({ tableName: 'segment' })
export class Segment extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'text', nullable: true })
  description: string | null = null;

  @Property({ type: 'text' })
  type!: SegmentType;

  @Property({ type: 'text' })
  status!: SegmentStatus;

  @Property({ type: 'text', nullable: true })
  workspaceId: string | null = null;

  /** For people: what to know before it is changed. */
  @Property({ type: 'text', nullable: true })
  notes: string | null = null;

  /** Who looks after it, in the client's own words. */
  @Property({ type: 'text', nullable: true })
  owner: string | null = null;

  @Property({ type: TextListType })
  labels: string[] = [];

  /** The definition as sent; of a dynamic segment only. */
  @Property({ type: 'json', nullable: true })
  rules: object | null = null;

  @Property({ type: 'integer' })
  rulesVersion = 1;

  /** Counts all edits, those of the rules among them. */
  @Property({ type: 'integer' })
  revision = 1;

  @Property({ type: 'text', nullable: true })
  ruleText: string | null = null;

  @Property({ type: 'text' })
  createdBy!: string;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
