import { ApiProperty } from '@nestjs/swagger';
import type { SegmentStatus, SegmentType } from '#database';
import { JsonValue, OneOf, PageQuery, Text, TextList } from '../../http/index.js';
import { exampleRules, rulesSchema } from '../../rules-engine/index.js';

export class CreateSegmentDto {
  @Text({ description: 'What the segment is called.', example: 'Engaged in the US' })
  name!: string;

  @Text({ description: 'What it is for.', max: 2000, min: 0, optional: true, nullable: true, example: 'For the spring newsletter' })
  description?: string | null;

  @OneOf(['dynamic', 'static'], { description: 'dynamic follows its rules; static is a list.', example: 'dynamic' })
  type!: SegmentType;

  @OneOf(['draft', 'active'], { description: 'A draft is stored and previewed, not refreshed, and no audience. Default: active.', optional: true, example: 'active' })
  status?: 'draft' | 'active';

  @Text({ description: 'The workspace it belongs to, for the client\'s own use.', optional: true, nullable: true })
  workspaceId?: string | null;

  @Text({ description: 'Notes for people: what to know before it is changed.', max: 10_000, min: 0, optional: true, nullable: true, example: 'Agreed with sales' })
  notes?: string | null;

  @Text({ description: 'Who looks after it, in the client\'s own words.', optional: true, nullable: true, example: 'ada@example.com' })
  owner?: string | null;

  @TextList({ description: 'Labels to find it by.', max: 50, optional: true, example: ['newsletter'] })
  labels?: string[];

  @JsonValue({ description: 'Of a dynamic segment.', schema: rulesSchema, optional: true, example: exampleRules })
  rules?: unknown;

  @TextList({ description: 'Of a static segment: the ids of its first members.', max: 10_000, optional: true })
  contactIds?: string[];

  @TextList({ description: 'Of a static segment: the addresses of its first members.', max: 10_000, maxLength: 320, optional: true })
  emails?: string[];
}

export class UpdateSegmentDto {
  @Text({ description: 'What the segment is called.', optional: true, example: 'Engaged in the US' })
  name?: string;

  @Text({ description: 'What it is for.', max: 2000, min: 0, optional: true, nullable: true })
  description?: string | null;

  @Text({ description: 'The workspace it belongs to.', optional: true, nullable: true })
  workspaceId?: string | null;

  @Text({ description: 'Notes for people: what to know before it is changed.', max: 10_000, min: 0, optional: true, nullable: true })
  notes?: string | null;

  @Text({ description: 'Who looks after it, in the client\'s own words.', optional: true, nullable: true })
  owner?: string | null;

  @TextList({ description: 'Replaces the labels.', max: 50, optional: true, example: ['newsletter', 'spring'] })
  labels?: string[];

  @OneOf(['draft', 'active'], { description: 'A draft that becomes active is refreshed at once.', optional: true })
  status?: 'draft' | 'active';

  @JsonValue({ description: 'Replaces the rules of a dynamic segment, which is then refreshed at once.', schema: rulesSchema, optional: true, example: exampleRules })
  rules?: unknown;
}

export class CopySegmentDto {
  @Text({ description: 'What the copy is called; default: the name of the segment, with (copy) or (frozen) after it.', optional: true, example: 'Engaged in the US, of spring' })
  name?: string;
}

export class SegmentsQuery extends PageQuery {
  @OneOf(['dynamic', 'static'], { description: 'Of this type only.', optional: true })
  type?: SegmentType;

  @OneOf(['draft', 'active', 'archived'], { description: 'Of this status only.', optional: true })
  status?: SegmentStatus;

  @Text({ description: 'With this label.', optional: true })
  label?: string;

  @Text({ description: 'Looked after by this owner.', optional: true })
  owner?: string;

  @Text({ description: 'Whose name contains this, whatever the letter case.', optional: true })
  search?: string;

  @Text({ description: 'Whose rules name this field.', optional: true, example: 'contact.country' })
  field?: string;

  @OneOf(['id', 'name', '-name', 'createdAt', '-createdAt', 'updatedAt', '-updatedAt', 'contactCount', '-contactCount'], {
    description: 'The order; default id. By a property that changes meanwhile, an item may be missed or come twice.', optional: true,
  })
  sort?: string;
}

export class LastRefreshDto {
  @ApiProperty({ enum: ['full', 'incremental'] })
  mode!: string;

  @ApiProperty({ description: 'How many contacts were looked at.', example: 812 })
  evaluated!: number;

  @ApiProperty({ example: 9 })
  added!: number;

  @ApiProperty({ example: 4 })
  removed!: number;

  @ApiProperty({ example: 61 })
  durationMs!: number;
}

export type Freshness = 'fresh' | 'stale' | 'refreshing' | 'failed';

export class SegmentDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Engaged in the US' })
  name!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ enum: ['dynamic', 'static'] })
  type!: SegmentType;

  @ApiProperty({ enum: ['draft', 'active', 'archived'] })
  status!: SegmentStatus;

  @ApiProperty({ type: String, nullable: true })
  workspaceId!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: 'The definition as sent, its zone in the database\'s spelling; null of a static segment.' })
  rules!: object | null;

  @ApiProperty({ description: 'Counts the changes of the rules, from 1.', example: 3 })
  rulesVersion!: number;

  @ApiProperty({ description: 'Counts all edits, from 1; it is the ETag.', example: 5 })
  revision!: number;

  @ApiProperty({ type: String, nullable: true, description: 'The rules in plain words.', example: 'Country is United States' })
  ruleText!: string | null;

  @ApiProperty({ description: 'Its members as of lastRefreshedAt.', example: 2847 })
  contactCount!: number;

  @ApiProperty({
    enum: ['fresh', 'stale', 'refreshing', 'failed'],
    description: 'fresh: no change is waiting; stale: one is, or it owes a refresh, or time may have moved its members and nobody has looked for a minute; failed: the last refresh did, see refreshError.',
  })
  freshness!: Freshness;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'The moment that its members are right for.' })
  lastRefreshedAt!: string | null;

  @ApiProperty({
    type: String, format: 'date-time', nullable: true,
    description: 'Since when a change of the tenant’s data waits to be applied, also one that its refreshes have failed to apply; null where none does, and of a static segment.',
  })
  pendingSince!: string | null;

  @ApiProperty({ type: LastRefreshDto, nullable: true })
  lastRefresh!: LastRefreshDto | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why the last refresh failed; null where it did not.' })
  refreshError!: string | null;

  @ApiProperty({ type: String, nullable: true })
  notes!: string | null;

  @ApiProperty({ type: String, nullable: true })
  owner!: string | null;

  @ApiProperty({ type: [String] })
  labels!: string[];

  @ApiProperty({ description: 'Who made it.', example: 'api-key:0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11' })
  createdBy!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class DependentDto {
  @ApiProperty({ enum: ['segment', 'campaign', 'experiment', 'campaign-settings'], description: 'A segment whose rules name it, an unfinished campaign, a draft of an experiment, or the campaign settings, where it is marked as a suppression.' })
  kind!: 'segment' | 'campaign' | 'experiment' | 'campaign-settings';

  @ApiProperty({ format: 'uuid', description: 'Of the campaign settings: the segment itself.' })
  id!: string;

  @ApiProperty()
  name!: string;
}
