import { behindTheWall } from './wall.js';

/** Imports of files: what was sent and waits to be applied, what was at fault, and what each import did to whom. */
export const up = /* sql */ `
create table import (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  status text not null check (status in ('receiving', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'rolling_back', 'rolled_back')),
  -- As it was asked for, with what each column is taken for.
  options json not null,
  segment_id uuid,
  total integer not null default 0,
  created integer not null default 0,
  updated integer not null default 0,
  skipped integer not null default 0,
  failed integer not null default 0,
  removed integer not null default 0,
  restored integer not null default 0,
  kept integer not null default 0,
  -- How often the part in front has failed for a reason that is not its rows', or the rollback has.
  attempts integer not null default 0,
  error text,
  created_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete set null (segment_id)
);
create index import_open on import (tenant_id, status) where status in ('receiving', 'queued', 'running', 'rolling_back');

-- Rows that wait. A part is deleted in the transaction that applies it: it is there or applied, never both.
create table import_part (
  tenant_id uuid not null,
  import_id uuid not null,
  seq integer not null,
  -- json, not jsonb: a cell may hold what jsonb cannot (U+0000), and is refused with its line when it is read.
  rows json not null,
  primary key (tenant_id, import_id, seq),
  foreign key (tenant_id, import_id) references import (tenant_id, id) on delete cascade
);

create table import_error (
  tenant_id uuid not null,
  import_id uuid not null,
  line integer not null,
  original json not null,
  errors json not null,
  primary key (tenant_id, import_id, line),
  foreign key (tenant_id, import_id) references import (tenant_id, id) on delete cascade
);

-- What a contact was before (null: it was not there) and, as a hash, what it was after.
create table import_contact (
  tenant_id uuid not null,
  import_id uuid not null,
  contact_id uuid not null,
  before jsonb,
  after_hash bytea not null,
  -- Why a rollback left it as it is.
  kept text check (kept in ('changed', 'has_events', 'in_campaign')),
  primary key (tenant_id, import_id, contact_id),
  foreign key (tenant_id, import_id) references import (tenant_id, id) on delete cascade,
  foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete cascade
);
create index import_contact_by_contact on import_contact (tenant_id, contact_id);

${behindTheWall(['import', 'import_part', 'import_error', 'import_contact'])}
grant select (tenant_id, id, status) on import to segments_sweep;
create policy sweep on import for select to segments_sweep using (true);
`;

export const down = /* sql */ `
drop table if exists import_contact, import_error, import_part, import;
`;
