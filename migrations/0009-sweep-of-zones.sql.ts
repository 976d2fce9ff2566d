/** The schedule of rollups reads whose days end when, of all tenants at once. */
export const up = /* sql */ `
grant select (id) on tenant to segments_sweep;
grant select (tenant_id, timezone) on analytics_state to segments_sweep;
create policy sweep on analytics_state for select to segments_sweep using (true);
`;

export const down = /* sql */ `
drop policy if exists sweep on analytics_state;
revoke select (tenant_id, timezone) on analytics_state from segments_sweep;
revoke select (id) on tenant from segments_sweep;
`;
