import { behindTheWall } from './wall.js';

/** Experiments: what is asked, which contact was put into which arm, and the segments that a draft needs. */
export const up = /* sql */ `
create table experiment (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  name text not null,
  hypothesis text not null,
  plan jsonb not null,
  status text not null check (status in ('draft', 'running', 'stopped')),
  started_at timestamptz,
  stopped_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  constraint experiment_runs_since check (status <> 'running' or started_at is not null)
);

-- The segments that a draft is going to draw from; once it has started it lets them go.
create table experiment_segment (
  tenant_id uuid not null,
  experiment_id uuid not null,
  segment_id uuid not null,
  primary key (tenant_id, experiment_id, segment_id),
  foreign key (tenant_id, experiment_id) references experiment (tenant_id, id) on delete cascade,
  constraint segment_in_use_by_experiment foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete restrict
);
create index experiment_segment_by_segment on experiment_segment (tenant_id, segment_id);

-- Frozen by the start, in one statement. No key to contact: an erasure deletes them and waits for no start.
create table experiment_assignment (
  tenant_id uuid not null,
  experiment_id uuid not null,
  contact_id uuid not null,
  -- The place of its arm in the plan; null: in several at once, and so compared in none.
  arm smallint,
  primary key (tenant_id, experiment_id, contact_id),
  foreign key (tenant_id, experiment_id) references experiment (tenant_id, id) on delete cascade
);
create index experiment_assignment_by_contact on experiment_assignment (tenant_id, contact_id);

${behindTheWall(['experiment', 'experiment_segment', 'experiment_assignment'])}
grant maintain on experiment_assignment to segments_app;
`;

export const down = /* sql */ `
drop table if exists experiment_assignment, experiment_segment, experiment;
`;
