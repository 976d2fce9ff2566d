/**
 * What the sweeps' role may see besides: the order of the change log, so that the oldest change of each tenant is found
 * without reading the others, and how old an import is, so that one whose upload was left in the middle is found. The
 * index that is dropped was another of changes by their time; membership_change_by_time serves.
 */
export const up = /* sql */ `
grant select (seq) on contact_change to segments_sweep;
grant select (created_at) on import to segments_sweep;
drop index if exists membership_change_lately;
`;

export const down = /* sql */ `
revoke select (seq) on contact_change from segments_sweep;
revoke select (created_at) on import from segments_sweep;
`;
