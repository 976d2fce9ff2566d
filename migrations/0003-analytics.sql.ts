import { behindTheWall } from './wall.js';

/** What is counted of a day, of everyone and of each segment alike. */
const columns = `
  sends bigint not null default 0,
  deliveries bigint not null default 0,
  total_opens bigint not null default 0,
  unique_opens bigint not null default 0,
  total_clicks bigint not null default 0,
  unique_clicks bigint not null default 0,
  replies bigint not null default 0,
  conversions bigint not null default 0,
  bounces bigint not null default 0,
  unsubscribes bigint not null default 0,
  complaints bigint not null default 0,
  revenue numeric not null default 0`;

/**
 * The daily rollup. What it holds can be computed again from events and membership_change, except what an erasure took
 * from there: that is kept, without the person, as rows of the part `erased`.
 */
export const up = /* sql */ `
-- By which days the tenant's figures go, and up to where they have been rolled up.
create table analytics_state (
  tenant_id uuid not null references tenant (id) on delete cascade,
  timezone text not null default 'UTC',
  -- Events from before this moment, which is the begin of a local day, may have been counted: they are noted in late_event.
  closed_until timestamptz,
  -- Changes of membership up to this one have been counted.
  membership_seq bigint not null default 0,
  primary key (tenant_id)
);

-- A living row marks the day as rolled up, for all segments.
create table tenant_day (
  tenant_id uuid not null references tenant (id) on delete cascade,
  day date not null,
  part text not null check (part in ('living', 'erased')),${columns},
  primary key (tenant_id, day, part)
);

-- Of a day that is rolled up, a segment without a row had no members and no events.
create table segment_day (
  tenant_id uuid not null,
  segment_id uuid not null,
  day date not null,
  part text not null check (part in ('living', 'erased')),
  size bigint not null default 0,
  entered bigint not null default 0,
  exited bigint not null default 0,${columns},
  primary key (tenant_id, segment_id, day, part),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);
create index segment_day_by_day on segment_day (tenant_id, day);

-- Append-only: events that came, or went, after their day was closed. Deleted where read, as contact_change is.
create table late_event (
  tenant_id uuid not null,
  seq bigint generated always as identity,
  contact_id uuid not null,
  type text collate "C" not null,
  campaign_id text collate "C",
  occurred_at timestamptz not null,
  primary key (tenant_id, seq)
);

-- Days asked to be rolled up anew.
create table rollup (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  from_day date not null,
  to_day date not null,
  status text not null check (status in ('queued', 'succeeded')),
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, id)
);
-- Of a day's changes the rollup asks for all segments at once. Moments grow, so it is written at its end.
create index membership_change_by_time on membership_change (tenant_id, at);

create index rollup_queued on rollup (tenant_id, id) where status = 'queued';

${behindTheWall(['analytics_state', 'tenant_day', 'segment_day', 'late_event', 'rollup'])}
`;

export const down = /* sql */ `
drop index if exists membership_change_by_time;
drop table if exists rollup, late_event, segment_day, tenant_day, analytics_state;
`;
