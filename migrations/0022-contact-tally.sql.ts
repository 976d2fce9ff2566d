import { behindTheWall } from './wall.js';

/**
 * How many contacts a tenant has: the sum of what each write of contacts added or took away. (Counting a million takes 300 to 400 ms where their pages have changed lately,
 * which each estimate and each full refresh waited for.) Append-only, as contact_change is; folded by refresh cycles.
 */
export const up = /* sql */ `
create table contact_tally (
  tenant_id uuid not null,
  seq bigint generated always as identity,
  contacts bigint not null,
  primary key (tenant_id, seq)
);
insert into contact_tally (tenant_id, contacts) select tenant_id, count(*) from contact group by tenant_id;
${behindTheWall(['contact_tally'])}
`;

export const down = /* sql */ `
drop table if exists contact_tally;
`;
