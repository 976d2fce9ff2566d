/**
 * What operators see: how long the oldest row of each kind of work has been waiting, over all tenants as metrics; and how
 * the secret of a key begins, so that one found somewhere can be matched (of the keys that are there nobody knows).
 */
export const up = /* sql */ `
grant select (created_at) on segment_refresh, export, rollup to segments_sweep;
alter table api_key add column secret_beginning text;
`;

export const down = /* sql */ `
alter table api_key drop column secret_beginning;
revoke select (created_at) on segment_refresh, export, rollup from segments_sweep;
`;
