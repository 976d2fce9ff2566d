/**
 * What earlier migrations read of tables that hide their rows from the owner too: of an owner who is no superuser they found none. How many
 * contacts each tenant has (0022) is counted once more, and segments without an edit (0004) get the one that they were made with.
 */
const tables = ['contact', 'contact_tally', 'segment', 'segment_edit'];

export const up = /* sql */ `
${tables.map((table) => `alter table ${table} no force row level security;`).join('\n')}
delete from contact_tally;
insert into contact_tally (tenant_id, contacts) select tenant_id, count(*) from contact group by tenant_id;
insert into segment_edit (tenant_id, segment_id, revision, rules_version, changed, rules, rule_text, by, at)
select s.tenant_id, s.id, s.revision, s.rules_version, '{}', s.rules, s.rule_text, s.created_by, s.updated_at from segment s
where not exists (select from segment_edit e where e.tenant_id = s.tenant_id and e.segment_id = s.id);
${tables.map((table) => `alter table ${table} force row level security;`).join('\n')}
`;

export const down = /* sql */ `
select 1;
`;
