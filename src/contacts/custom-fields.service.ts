import { Injectable } from '@nestjs/common';
import { CustomField, type CustomFieldType, Database, type Sql, sql, type TenantTransaction } from '#database';
import { type InputFault, invalid, newId, notFound } from '#kernel';
import { fold } from '#rules';
import { type Once, objectErased, onlyOnce } from '../tenancy/index.js';
import { customFieldInUse, customFieldKeyTaken } from './contacts.problems.js';
import { type CustomFieldDefinition, CustomFieldSet } from './custom-values.js';

export interface NewCustomField {
  readonly key: string;
  readonly label: string;
  readonly type: CustomFieldType;
  readonly options?: readonly string[];
}

@Injectable()
export class CustomFieldsService {
  constructor(private readonly database: Database) {}

  /** The tenant's custom fields, as of the transaction. Each reading of a contact asks for them: no entities are made of the rows. */
  async all(tx: TenantTransaction): Promise<CustomFieldSet> {
    return new CustomFieldSet(await tx.rows<CustomFieldDefinition>(customFieldsOf(tx.tenantId)));
  }

  async create(tenantId: string, field: NewCustomField, once: Once, now: Date): Promise<CustomField> {
    refuseFaultyOptions(field.type, field.options);
    return await this.database.inTenant(tenantId, async (tx) => {
      const id = await onlyOnce(tx, once, now, async () => {
        const made = await insertField(tx, field, now);
        if (made === undefined) throw customFieldKeyTaken(field.key);
        return made;
      });
      const stored = await tx.em.findOne(CustomField, { tenantId, id });
      if (stored === null) throw objectErased();
      return stored;
    });
  }

  /** Defines, in the caller's transaction, those whose key is not there yet. */
  async createMissing(tx: TenantTransaction, fields: readonly NewCustomField[], now: Date): Promise<void> {
    for (const field of fields) await insertField(tx, field, now);
  }

  async list(tenantId: string, limit: number, after: string | null): Promise<CustomField[]> {
    return await this.database.inTenant(tenantId, async ({ em }) => await em.find(CustomField,
      { tenantId, ...(after === null ? {} : { id: { $gt: after } }) }, { orderBy: { id: 'asc' }, limit }));
  }

  async get(tenantId: string, id: string): Promise<CustomField> {
    return await this.database.inTenant(tenantId, async (tx) => await findField(tx, id));
  }

  /** New options replace the old ones; contacts keep a removed one, and rules mean what they meant: they know no options once they are read. */
  async update(tenantId: string, id: string, changes: { label?: string; options?: readonly string[] }, now: Date): Promise<CustomField> {
    return await this.database.inTenant(tenantId, async (tx) => {
      const field = await findField(tx, id);
      if (changes.options !== undefined) refuseFaultyOptions(field.type, changes.options);
      const options = changes.options ?? field.options;
      const optionsDiffer = JSON.stringify(options) !== JSON.stringify(field.options);
      if (!optionsDiffer && (changes.label ?? field.label) === field.label) return field;
      field.label = changes.label ?? field.label;
      if (optionsDiffer) field.options = [...options];
      field.updatedAt = now;
      await tx.em.flush();
      return field;
    });
  }

  /** Values are kept by the field's id, so that a later field of the same key never sees those of this one. */
  async remove(tenantId: string, id: string): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const field = await findField(tx, id);
      const dependents = await tx.rows<{ id: string; name: string }>(sql`
        select s.id, s.name from segment_custom_field f join segment s on s.tenant_id = f.tenant_id and s.id = f.segment_id
        where f.tenant_id = ${tenantId}::uuid and f.custom_field_id = ${id}::uuid order by s.id limit 100`);
      if (dependents.length > 0) throw customFieldInUse(dependents);
      await tx.em.remove(field).flush();
    });
  }
}

/** The definitions of a tenant's custom fields. */
export function customFieldsOf(tenantId: string): Sql {
  return sql`select id, key, label, type, options from custom_field where tenant_id = ${tenantId}::uuid order by id`;
}

/** The id of the new field; `undefined` where its key is taken. */
async function insertField(tx: TenantTransaction, { key, label, type, options = [] }: NewCustomField, now: Date): Promise<string | undefined> {
  return (await tx.row<{ id: string }>(sql`
    insert into custom_field (tenant_id, id, key, label, type, options, created_at, updated_at)
    values (${tx.tenantId}::uuid, ${newId()}::uuid, ${key}, ${label}, ${type}, ${[...options]}::text[], ${now}, ${now})
    on conflict (tenant_id, key) do nothing returning id`))?.id;
}

async function findField(tx: TenantTransaction, id: string): Promise<CustomField> {
  const field = await tx.em.findOne(CustomField, { tenantId: tx.tenantId, id });
  if (field === null) throw notFound('custom field', id);
  return field;
}

function refuseFaultyOptions(type: CustomFieldType, options: readonly string[] | undefined): void {
  const faults = optionFaults(type, options);
  if (faults.length > 0) throw invalid(faults);
}

/** Select types have options, told apart without regard to letter case, as rules compare them; the others have none. */
function optionFaults(type: CustomFieldType, options: readonly string[] | undefined): InputFault[] {
  if (type !== 'select' && type !== 'multi_select') {
    if (options === undefined) return [];
    return [{ path: '/options', code: 'value_not_allowed', message: `A field of type ${type} has no options.` }];
  }
  if (options === undefined || options.length === 0) {
    return [{ path: '/options', code: 'value_missing', message: `A field of type ${type} needs its options.` }];
  }
  const seen = new Set<string>();
  return options.flatMap((option, index) => {
    const folded = fold(option);
    if (seen.has(folded)) return [{ path: `/options/${index}`, code: 'value_invalid', message: 'The option is in the list already.' }];
    seen.add(folded);
    return [];
  });
}
