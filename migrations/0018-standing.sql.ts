const causes = `'first_fill', 'rules_changed', 'requested', 'unfinished_before', 'many_candidates', 'inactive_before'`;

/** What answers say of how far a segment is, and refreshes of their cause. */
export const up = /* sql */ `
-- Of members: the moment that the file's rows are right for, and since when a change waited that it does not show.
alter table export add column as_of timestamptz, add column pending_since timestamptz;

-- Since when a segment misses changes that were drained without it, on the service's clock; null where it owes nothing.
alter table segment_state add column owed_since timestamptz,
  -- Why it owes a full refresh.
  add column owed_because text check (owed_because in (${causes}));
grant select (owed_since) on segment_state to segments_sweep;

-- Why a full refresh looked at everybody.
alter table segment_refresh add column cause text check (cause in (${causes}));
`;

export const down = /* sql */ `
alter table export drop column as_of, drop column pending_since;
alter table segment_refresh drop column cause;
alter table segment_state drop column owed_since, drop column owed_because;
`;
