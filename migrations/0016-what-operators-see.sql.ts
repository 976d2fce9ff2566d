/** What operators see: how long the oldest row of each kind of work has been waiting, over all tenants as metrics. */
export const up = /* sql */ `
grant select (created_at) on segment_refresh, export, rollup to segments_sweep;
`;

export const down = /* sql */ `
revoke select (created_at) on segment_refresh, export, rollup from segments_sweep;
`;
