import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { TextListType } from './text-list.type.js';
import { TenantOwned } from './tenant-owned.entity.js';

export type CustomFieldType = 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'select' | 'multi_select';

@Entity({ tableName: 'custom_field' })
export class CustomField extends TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @Property({ type: 'text' })
  key!: string;

  @Property({ type: 'text' })
  label!: string;

  @Property({ type: 'text' })
  type!: CustomFieldType;

  /** Of select and multi_select, else empty. */
  @Property({ type: TextListType })
  options: string[] = [];

  /** Part of a refresh's fingerprint. It once counted changes of options, on which no rule depends. */
  @Property({ type: 'integer' })
  version = 1;

  @Property({ type: 'datetime' })
  createdAt!: Date;

  @Property({ type: 'datetime' })
  updatedAt!: Date;
}
