import { behindTheWall } from './wall.js';

/** Edits of segments with who made them, when segments were used, and contacts that were merged into others. */
export const up = /* sql */ `
alter table segment
  add column notes text,
  add column owner text,
  -- Counts all edits, so that two people who edit at once notice one another.
  add column revision integer not null default 1;

-- One row an edit. The rules stand in those that changed them: each such row is a version.
create table segment_edit (
  tenant_id uuid not null,
  segment_id uuid not null,
  revision integer not null,
  rules_version integer not null,
  changed text[] not null,
  rules jsonb,
  rule_text text,
  by text not null,
  at timestamptz not null,
  primary key (tenant_id, segment_id, revision),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);
create unique index segment_edit_version on segment_edit (tenant_id, segment_id, rules_version) where rules is not null;
insert into segment_edit (tenant_id, segment_id, revision, rules_version, changed, rules, rule_text, by, at)
select tenant_id, id, 1, rules_version, '{}', rules, rule_text, created_by, updated_at from segment;

-- When the members were last asked for: a row a segment, written once a day at most.
create table segment_use (
  tenant_id uuid not null,
  segment_id uuid not null,
  used_at timestamptz not null,
  primary key (tenant_id, segment_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);

-- A contact that was merged into another is gone; its history stays readable under its id.
create table contact_merge (
  tenant_id uuid not null,
  contact_id uuid not null,
  survivor_id uuid not null,
  by text not null,
  at timestamptz not null,
  primary key (tenant_id, contact_id),
  foreign key (tenant_id, survivor_id) references contact (tenant_id, id) on delete cascade
);
create index contact_merge_by_survivor on contact_merge (tenant_id, survivor_id);

${behindTheWall(['segment_edit', 'segment_use', 'contact_merge'])}
`;

export const down = /* sql */ `
drop table if exists contact_merge, segment_use, segment_edit;
alter table segment drop column notes, drop column owner, drop column revision;
`;
