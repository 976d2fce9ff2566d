/** The sweep finds the tenants who wait for a rollup that they asked for. */
export const up = /* sql */ `
grant select (tenant_id, status) on rollup to segments_sweep;
create policy sweep on rollup for select to segments_sweep using (true);
`;

export const down = /* sql */ `
drop policy if exists sweep on rollup;
revoke select (tenant_id, status) on rollup from segments_sweep;
`;
