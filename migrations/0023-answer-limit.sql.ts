/** How long the database may take for an answer to a tenant's question; null: as long as for everybody's. */
export const up = /* sql */ `
alter table tenant add column answer_seconds smallint;
-- By itself: Citus adds no column with its check to a table that each server has.
alter table tenant add constraint tenant_answer_seconds_check check (answer_seconds between 1 and 300);
`;

export const down = /* sql */ `
alter table tenant drop column if exists answer_seconds;
`;
