/**
 * An import's segment has no key any more: one that clears a column beside the tenant is what Citus refuses between
 * distributed tables (citus#7132). Whoever reads it asks whether the segment is there.
 */
export const up = /* sql */ `
alter table import drop constraint import_tenant_id_segment_id_fkey;
`;

export const down = /* sql */ `
update import i set segment_id = null where segment_id is not null
  and not exists (select from segment s where s.tenant_id = i.tenant_id and s.id = i.segment_id);
alter table import add foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete set null (segment_id);
`;
