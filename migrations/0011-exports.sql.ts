import { behindTheWall } from './wall.js';

/** Exports as jobs, and their files. */
export const up = /* sql */ `
create table export (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  what text not null check (what in ('members', 'contacts', 'events')),
  -- No key: what was exported stays when its segment goes.
  segment_id uuid,
  options json not null,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired')),
  -- Which run it is: one that was overtaken by another writes no more.
  run integer not null default 0,
  attempts integer not null default 0,
  bytes bigint not null default 0,
  error text,
  created_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, id),
  constraint export_of_a_segment check ((what = 'members') = (segment_id is not null))
);
create index export_open on export (tenant_id, status) where status in ('queued', 'running');
create index export_kept on export (tenant_id, finished_at) where status = 'succeeded';

-- The file, in pieces.
create table export_part (
  tenant_id uuid not null,
  export_id uuid not null,
  seq integer not null,
  bytes bytea not null,
  primary key (tenant_id, export_id, seq),
  foreign key (tenant_id, export_id) references export (tenant_id, id) on delete cascade
);

${behindTheWall(['export', 'export_part'])}
grant select (tenant_id, id, status, finished_at) on export to segments_sweep;
create policy sweep on export for select to segments_sweep using (true);
`;

export const down = /* sql */ `
drop table if exists export_part, export;
`;
