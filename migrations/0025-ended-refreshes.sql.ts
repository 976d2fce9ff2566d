/** Refreshes that failed or were cancelled are few among those that are kept, and asked for by their status (`GET /jobs?status=failed`). */
export const up = /* sql */ `
create index segment_refresh_ended on segment_refresh (tenant_id, status, id) where status in ('failed', 'cancelled');
`;

export const down = /* sql */ `
drop index if exists segment_refresh_ended;
`;
