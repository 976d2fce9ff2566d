import { type Sql, sql, type TenantStatements } from '#database';
import type { CustomFieldTerm, EventTypeTerm, SegmentDefinition, SegmentTerm, Vocabulary } from '#rules';

interface Loaded {
  fields: CustomFieldTerm[] | null;
  types: EventTypeTerm[] | null;
  segments: { id: string; name: string; type: 'dynamic' | 'static'; definition: SegmentDefinition | null }[] | null;
}

/** Which segments are to have their rules with them: these, all that they reach, and all that leads to `self`. */
export interface Around {
  readonly named: readonly string[];
  readonly self?: string;
}

/**
 * The tenant's custom fields, own event types and segments, in one statement. Rules may be of 30 MB; each look at another
 * segment's would cost seconds. So only those of the segments around have them, where it is said which those are.
 */
export async function loadVocabulary(tx: TenantStatements, around: Around | null = null): Promise<Vocabulary> {
  const loaded = await tx.row<Loaded>(sql`
    ${around === null ? sql`` : withAround(tx.tenantId, around)}
    select
      (select json_agg(json_build_object('id', id, 'key', key, 'label', label, 'type', type, 'options', options) order by key)
        from custom_field where tenant_id = ${tx.tenantId}::uuid) as fields,
      (select json_agg(json_build_object('id', id, 'key', key, 'label', label, 'properties', properties) order by key)
        from event_type where tenant_id = ${tx.tenantId}::uuid) as types,
      (select json_agg(json_build_object('id', id, 'name', name, 'type', type, 'definition', ${
        around === null ? sql`rules` : sql`case when id in (select id from reached) then rules end`}) order by id)
        from segment where tenant_id = ${tx.tenantId}::uuid) as segments`);
  return {
    customFields: loaded?.fields ?? [],
    eventTypes: loaded?.types ?? [],
    segments: new Map((loaded?.segments ?? []).map((term): [string, SegmentTerm] => [term.id, term])),
  };
}

/** Rests on the primary key of segment_link and on segment_link_target. */
function withAround(tenantId: string, { named, self }: Around): Sql {
  return sql`with recursive leads_there (id) as (
    select s.id from segment s where s.tenant_id = ${tenantId}::uuid and s.id = ${self ?? null}::uuid
    union select l.segment_id from leads_there f join segment_link l on l.tenant_id = ${tenantId}::uuid and l.target_id = f.id
  ), reached (id) as (
    select id from (select id from leads_there union all select unnest(${[...named]}::uuid[])) as named
    union select l.target_id from reached a join segment_link l on l.tenant_id = ${tenantId}::uuid and l.segment_id = a.id
  )`;
}
