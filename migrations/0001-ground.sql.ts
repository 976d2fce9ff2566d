import { behindTheWall } from './wall.js';

/** The whole of the first schema. Every tenant table: key begins with the tenant, row-level security forced. */
export const up = /* sql */ `
create table tenant (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null
);

-- Signs the tenant's cursors.
create table tenant_secret (
  tenant_id uuid primary key references tenant (id) on delete cascade,
  cursor_key bytea not null
);

create table api_key (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  name text not null,
  role text not null check (role in ('viewer', 'editor', 'admin')),
  secret_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  primary key (tenant_id, id)
);
create unique index api_key_secret on api_key (tenant_id, secret_hash);

create table idempotency_key (
  tenant_id uuid not null references tenant (id) on delete cascade,
  key_hash bytea not null,
  request_hash bytea not null,
  status integer,
  object_id text,
  created_at timestamptz not null,
  primary key (tenant_id, key_hash)
);

create table custom_field (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  key text not null,
  label text not null,
  type text not null check (type in ('text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select')),
  options text[] not null default '{}',
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index custom_field_key on custom_field (tenant_id, key);

create table event_type (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  key text not null,
  label text not null,
  properties jsonb not null default '{}',
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index event_type_key on event_type (tenant_id, key);

create table contact (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  email text not null,
  -- Looked up by this: below a policy lower() is not leakproof and reaches no index.
  email_folded text collate "C" not null generated always as (lower(email collate "pg_c_utf8")) stored,
  first_name text, last_name text, company text, job_title text, phone text,
  country text, state text, city text,
  -- As sent; zone is what it resolves to in the IANA database, UTC where unknown, so that it can never fail a query.
  timezone text,
  zone text not null default 'UTC',
  source text,
  subscription_status text not null default 'active'
    check (subscription_status in ('active', 'unsubscribed', 'bounced', 'complained', 'pending')),
  lead_score double precision,
  tags text[] not null default '{}',
  -- Keyed by the custom field's id. text, select: string; number; boolean; date: 'YYYY-MM-DD';
  -- datetime: 'YYYY-MM-DDTHH:MM:SS.mmmZ'; multi_select: array of strings. Unset values are absent.
  custom jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index contact_email on contact (tenant_id, email_folded);

-- So that rules find whom time has moved by a range.
create index contact_created on contact (tenant_id, created_at);
create index contact_updated on contact (tenant_id, updated_at);

-- The custom dates and instants of contacts once more, for the same: JSON reaches no index below row-level security.
create table contact_date (
  tenant_id uuid not null,
  contact_id uuid not null,
  field_id uuid not null,
  on_day date,
  at timestamptz,
  -- Month × 100 + day; of an instant, in UTC.
  month_day smallint not null generated always as (
    date_part('month', coalesce(on_day, (at at time zone 'UTC')::date)) * 100 + date_part('day', coalesce(on_day, (at at time zone 'UTC')::date))) stored,
  primary key (tenant_id, contact_id, field_id),
  foreign key (tenant_id, contact_id) references contact (tenant_id, id) on delete cascade,
  foreign key (tenant_id, field_id) references custom_field (tenant_id, id) on delete cascade
);
create index contact_date_by_day on contact_date (tenant_id, field_id, on_day);
create index contact_date_by_at on contact_date (tenant_id, field_id, at);
create index contact_date_by_month_day on contact_date (tenant_id, field_id, month_day);

create table campaign (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  external_id text collate "C",
  name text not null,
  status text not null default 'draft',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index campaign_external_id on campaign (tenant_id, external_id);

create table contact_event (
  tenant_id uuid not null,
  id text collate "C" not null,
  contact_id uuid not null,
  -- A built-in type's key, or the id of one of the tenant's own: a new type of an old key never counts old events.
  type text collate "C" not null,
  occurred_at timestamptz not null,
  campaign_id text collate "C",
  url text,
  device text,
  revenue numeric(18, 2),
  properties jsonb not null default '{}',
  received_at timestamptz not null,
  primary key (tenant_id, id),
  constraint contact_event_of_a_contact foreign key (tenant_id, contact_id) references contact (tenant_id, id)
);
create index contact_event_by_contact on contact_event (tenant_id, contact_id, type, occurred_at);
create index contact_event_by_type on contact_event (tenant_id, type, occurred_at) include (contact_id, campaign_id);
create index contact_event_by_campaign on contact_event (tenant_id, campaign_id) where campaign_id is not null;

-- Rules compare texts folded. Without these the planner takes any folded text for one row in 200: "opened on mobile" for 3,600
-- of 340,000 rows, and joins by a loop that took 20 seconds instead of one. They are read below row-level security, too: what is asked of
-- them is the leakproof = of text.
create statistics contact_event_device_folded on (lower((device) collate "pg_c_utf8") collate "C") from contact_event;
create statistics contact_event_campaign_folded on (lower((campaign_id) collate "pg_c_utf8") collate "C") from contact_event;
create statistics contact_country_folded on (lower((country) collate "pg_c_utf8") collate "C") from contact;
create statistics contact_state_folded on (lower((state) collate "pg_c_utf8") collate "C") from contact;
create statistics contact_city_folded on (lower((city) collate "pg_c_utf8") collate "C") from contact;
create statistics contact_timezone_folded on (lower((timezone) collate "pg_c_utf8") collate "C") from contact;
create statistics contact_company_folded on (lower((company) collate "pg_c_utf8") collate "C") from contact;
create statistics contact_source_folded on (lower((source) collate "pg_c_utf8") collate "C") from contact;

-- Ids of events that were taken back or erased stay used up, as SHA-256 hashes.
create table used_event_id (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id_hash bytea not null,
  primary key (tenant_id, id_hash)
);

-- One row per contact with events: figures over ALL its events, so valid only where latest_event_at <= asOf.
create table contact_engagement (
  tenant_id uuid not null,
  contact_id uuid not null,
  latest_event_at timestamptz not null,
  emails_sent double precision not null, emails_delivered double precision not null,
  total_opens double precision not null, total_clicks double precision not null,
  total_replies double precision not null, total_conversions double precision not null,
  total_bounces double precision not null, total_revenue numeric not null,
  last_sent_at timestamptz, last_opened_at timestamptz, last_clicked_at timestamptz,
  last_converted_at timestamptz, last_activity_at timestamptz,
  last_opened_device text,
  most_common_open_hour double precision, most_common_open_weekday double precision,
  opened_last_email boolean not null,
  primary key (tenant_id, contact_id)
);
create index contact_engagement_latest on contact_engagement (tenant_id, latest_event_at);
create statistics contact_engagement_device_folded on (lower((last_opened_device) collate "pg_c_utf8") collate "C") from contact_engagement;

-- Append-only: what a refresh cycle has to look at. Never deduplicated on writing, never updated, no key to contact.
-- A row names one contact, or a set: kind 'campaign', all contacts with events of a campaign id.
create table contact_change (
  tenant_id uuid not null,
  seq bigint generated always as identity,
  kind text not null default 'contact' check (kind in ('contact', 'campaign')),
  contact_id uuid,
  ref text collate "C",
  at timestamptz not null,
  primary key (tenant_id, seq),
  constraint contact_change_names_someone check (case kind when 'contact' then contact_id is not null else ref is not null end)
);

create table segment (
  tenant_id uuid not null references tenant (id) on delete cascade,
  id uuid not null,
  name text not null,
  name_folded text collate "C" not null generated always as (lower(name collate "pg_c_utf8")) stored,
  description text,
  type text not null check (type in ('dynamic', 'static')),
  status text not null check (status in ('draft', 'active', 'archived')),
  workspace_id text,
  labels text[] not null default '{}',
  rules jsonb,
  rules_version integer not null default 1,
  rule_text text,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);

-- What a segment's rules name: the database refuses to delete what is used (409 in one filter).
create table segment_link (
  tenant_id uuid not null,
  segment_id uuid not null,
  target_id uuid not null,
  primary key (tenant_id, segment_id, target_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade,
  constraint segment_in_use foreign key (tenant_id, target_id) references segment (tenant_id, id)
);
create index segment_link_target on segment_link (tenant_id, target_id);
create table segment_custom_field (
  tenant_id uuid not null,
  segment_id uuid not null,
  custom_field_id uuid not null,
  primary key (tenant_id, segment_id, custom_field_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade,
  constraint custom_field_in_use foreign key (tenant_id, custom_field_id) references custom_field (tenant_id, id)
);
create table segment_event_type (
  tenant_id uuid not null,
  segment_id uuid not null,
  event_type_id uuid not null,
  primary key (tenant_id, segment_id, event_type_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade,
  constraint event_type_in_use foreign key (tenant_id, event_type_id) references event_type (tenant_id, id)
);

-- Written by refreshes only, so that a refresh waits for no request and no request for it.
create table segment_state (
  tenant_id uuid not null,
  segment_id uuid not null,
  contact_count bigint not null default 0,
  as_of timestamptz,
  fingerprint text,
  owed text not null default 'full' check (owed in ('nothing', 'full')),
  -- When it is due by itself, at the latest: it owes a refresh, or an edge of a rule comes. Of real time.
  at timestamptz not null,
  primary key (tenant_id, segment_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);

-- Members and history have no foreign key to contact: an erasure deletes them and never waits for a refresh.
create table segment_member (
  tenant_id uuid not null,
  segment_id uuid not null,
  contact_id uuid not null,
  since timestamptz not null,
  primary key (tenant_id, segment_id, contact_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);
create index segment_member_by_contact on segment_member (tenant_id, contact_id, segment_id);

create table segment_override (
  tenant_id uuid not null,
  segment_id uuid not null,
  contact_id uuid not null,
  pin text not null check (pin in ('in', 'out')),
  reason text,
  -- The override holds while asOf < until; null: for ever.
  until timestamptz,
  created_by text not null,
  created_at timestamptz not null,
  primary key (tenant_id, segment_id, contact_id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);
create index segment_override_by_contact on segment_override (tenant_id, contact_id);

create table membership_change (
  tenant_id uuid not null,
  seq bigint generated always as identity,
  segment_id uuid not null,
  contact_id uuid not null,
  change text not null check (change in ('entered', 'exited')),
  at timestamptz not null,
  via text not null check (via in ('rules', 'manual', 'import', 'override')),
  refresh_id uuid,
  by text,
  primary key (tenant_id, seq),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);
create index membership_change_by_segment on membership_change (tenant_id, segment_id, seq);
create index membership_change_by_contact on membership_change (tenant_id, contact_id, seq);

-- How many members a day were lost by erasure, without their names, so that sizes over time stay.
create table membership_erased (
  tenant_id uuid not null,
  segment_id uuid not null,
  on_day date not null,
  entered bigint not null default 0,
  exited bigint not null default 0,
  primary key (tenant_id, segment_id, on_day),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);

create table segment_refresh (
  tenant_id uuid not null,
  id uuid not null,
  segment_id uuid not null,
  status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  mode text not null check (mode in ('auto', 'full', 'incremental')),
  rules_version integer,
  as_of timestamptz,
  evaluated bigint, added bigint, removed bigint, duration_ms double precision,
  -- Why an incremental refresh looked at whom it looked at: rows of the change log, contacts that they name, further
  -- contacts that time may have moved; and how many segments its rules reach.
  changes bigint, changed bigint, moved bigint, reached integer,
  attempts integer not null default 0,
  -- Of real time: until then a failed refresh is not tried again by itself.
  retry_at timestamptz,
  created_at timestamptz not null,
  started_at timestamptz, finished_at timestamptz,
  error text,
  primary key (tenant_id, id),
  foreign key (tenant_id, segment_id) references segment (tenant_id, id) on delete cascade
);
create unique index segment_refresh_one_queued on segment_refresh (tenant_id, segment_id) where status = 'queued';
create index segment_refresh_by_segment on segment_refresh (tenant_id, segment_id, id);
create index segment_refresh_retry on segment_refresh (tenant_id, segment_id, retry_at) where retry_at is not null;
create index segment_refresh_open on segment_refresh (tenant_id, status) where status in ('queued', 'running');

${behindTheWall([
  'tenant_secret', 'api_key', 'idempotency_key', 'custom_field', 'event_type', 'contact', 'contact_date',
  'campaign', 'contact_event', 'used_event_id', 'contact_engagement', 'contact_change', 'segment',
  'segment_link', 'segment_custom_field', 'segment_event_type', 'segment_state', 'segment_member',
  'segment_override', 'membership_change', 'membership_erased', 'segment_refresh',
])}
grant select, insert, update, delete on tenant to segments_app;
-- The sweep looks for work over all tenants as a role of its own that sees that there is some, and nothing else.
grant select (tenant_id, at) on contact_change, segment_state to segments_sweep;
grant select (tenant_id, status) on segment_refresh to segments_sweep;
create policy sweep on contact_change for select to segments_sweep using (true);
create policy sweep on segment_state for select to segments_sweep using (true);
create policy sweep on segment_refresh for select to segments_sweep using (true);
-- So that a cycle can renew the statistics after a large load; it gives no right to rows.
grant maintain on contact, contact_date, contact_event, contact_engagement, segment_member to segments_app;
`;

export const down = /* sql */ `
drop table if exists segment_refresh, membership_erased, membership_change, segment_override, segment_member,
  segment_state, segment_event_type, segment_custom_field, segment_link, segment, contact_change, contact_engagement,
  used_event_id, contact_event, campaign, contact_date, contact, event_type, custom_field, idempotency_key, api_key, tenant_secret, tenant;
`;
