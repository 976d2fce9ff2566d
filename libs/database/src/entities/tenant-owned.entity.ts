import { Filter, PrimaryKey } from '@mikro-orm/decorators/legacy';

/** A row that belongs to a tenant. The filter is one wall, row-level security the other; each is enough alone. */
@Filter({ name: 'tenant', cond: (args) => ({ tenantId: args['tenantId'] as string }), default: true })
export abstract class TenantOwned {
  @PrimaryKey({ type: 'uuid' })
  tenantId!: string;
}
