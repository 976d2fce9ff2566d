import { sql, type TenantStatements } from '#database';
import type { CustomFieldTerm, EventTypeTerm, SegmentDefinition, SegmentTerm, Vocabulary } from '#rules';

interface Loaded {
  fields: CustomFieldTerm[] | null;
  types: EventTypeTerm[] | null;
  segments: { id: string; name: string; type: 'dynamic' | 'static'; definition: SegmentDefinition | null }[] | null;
}

/** The tenant's custom fields, own event types and segments, in one statement. */
export async function loadVocabulary(tx: TenantStatements): Promise<Vocabulary> {
  const loaded = await tx.row<Loaded>(sql`
    select
      (select json_agg(json_build_object('id', id, 'key', key, 'label', label, 'type', type, 'options', options) order by key)
        from custom_field where tenant_id = ${tx.tenantId}::uuid) as fields,
      (select json_agg(json_build_object('id', id, 'key', key, 'label', label, 'properties', properties) order by key)
        from event_type where tenant_id = ${tx.tenantId}::uuid) as types,
      (select json_agg(json_build_object('id', id, 'name', name, 'type', type, 'definition', rules) order by id)
        from segment where tenant_id = ${tx.tenantId}::uuid) as segments`);
  return {
    customFields: loaded?.fields ?? [],
    eventTypes: loaded?.types ?? [],
    segments: new Map((loaded?.segments ?? []).map((term): [string, SegmentTerm] => [term.id, term])),
  };
}
