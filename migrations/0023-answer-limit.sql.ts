/** How long the database may take for an answer to a tenant's question; null: as long as for everybody's. */
export const up = /* sql */ `
alter table tenant add column answer_seconds smallint check (answer_seconds between 1 and 300);
`;

export const down = /* sql */ `
alter table tenant drop column if exists answer_seconds;
`;
