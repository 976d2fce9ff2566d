import { Entity, Property } from '@mikro-orm/decorators/legacy';
import { TenantOwned } from './tenant-owned.entity.js';

/** What a tenant's cursors are signed with. */
@Entity({ tableName: 'tenant_secret' })
export class TenantSecret extends TenantOwned {
  @Property({ type: 'blob' })
  cursorKey!: Buffer;
}
