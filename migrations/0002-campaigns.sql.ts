import { behindTheWall } from './wall.js';

/** Campaigns that reach an audience: whom they ask for, whom they were sent to, and who is never sent anything. */
export const up = /* sql */ `
alter table campaign
  add column audience jsonb,
  -- When it is to be launched: an instant, or a local time of each contact. launch_at is when the recipients are frozen.
  -- As text, YYYY-MM-DDTHH:MM:SS: a timestamp without a zone would be read as one of the process's.
  add column send_local text,
  add column launch_at timestamptz,
  add column expect jsonb,
  add column launched_at timestamptz,
  -- The counts of the launch, kept when a person is erased.
  add column waterfall jsonb,
  add column launch_error text,
  add constraint campaign_status check (status in ('draft', 'scheduled', 'launched', 'cancelled', 'archived')),
  add constraint campaign_scheduled_for_a_time check (status <> 'scheduled' or launch_at is not null);
create index campaign_due on campaign (launch_at) where status = 'scheduled';

-- The segments that an unfinished campaign uses; a finished one lets them go.
create table campaign_segment (
  tenant_id uuid not null,
  campaign_id uuid not null,
  segment_id uuid not null,
  primary key (tenant_id, campaign_id, segment_id),
  foreign key (tenant_id, campaign_id) references campaign (tenant_id, id) on delete cascade,
  constraint segment_in_use_by_campaign foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete restrict
);
create index campaign_segment_by_segment on campaign_segment (tenant_id, segment_id);

-- Frozen by the launch, in one statement. No key to contact: an erasure deletes them and waits for no launch.
create table campaign_recipient (
  tenant_id uuid not null,
  campaign_id uuid not null,
  contact_id uuid not null,
  -- Which entry of the audience's include brought the contact in: its place in the list.
  include integer not null,
  -- Left out on purpose, to be compared with: by the tenant's holdout or the campaign's own.
  holdout text check (holdout in ('tenant', 'campaign')),
  send_at timestamptz not null,
  primary key (tenant_id, campaign_id, contact_id),
  foreign key (tenant_id, campaign_id) references campaign (tenant_id, id) on delete cascade
);
create index campaign_recipient_by_contact on campaign_recipient (tenant_id, contact_id, send_at);
create index campaign_recipient_sent on campaign_recipient (tenant_id, send_at) where holdout is null;

-- By hash, so that an address stays suppressed after the person was erased; value is null then.
create table suppression (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  kind text not null check (kind in ('address', 'domain')),
  value_hash bytea not null,
  value text,
  reason text,
  created_by text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index suppression_value on suppression (tenant_id, kind, value_hash);

create table campaign_settings (
  tenant_id uuid primary key references tenant (id) on delete cascade,
  holdout_percent double precision not null default 0 check (holdout_percent between 0 and 100),
  updated_at timestamptz not null
);
-- Segments whose members are left out of every launch.
create table suppressed_segment (
  tenant_id uuid not null,
  segment_id uuid not null,
  primary key (tenant_id, segment_id),
  constraint segment_in_use_as_suppression foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete restrict
);

${behindTheWall(['campaign_segment', 'campaign_recipient', 'suppression', 'campaign_settings', 'suppressed_segment'])}
grant select (tenant_id, id, status, launch_at) on campaign to segments_sweep;
create policy sweep on campaign for select to segments_sweep using (true);
grant maintain on campaign_recipient to segments_app;
`;

export const down = /* sql */ `
drop table if exists suppressed_segment, campaign_settings, suppression, campaign_recipient, campaign_segment;
drop policy if exists sweep on campaign;
revoke select (tenant_id, id, status, launch_at) on campaign from segments_sweep;
drop index if exists campaign_due;
alter table campaign drop constraint campaign_scheduled_for_a_time, drop constraint campaign_status, drop column audience, drop column send_local,
  drop column launch_at, drop column expect, drop column launched_at, drop column waterfall, drop column launch_error;
`;
