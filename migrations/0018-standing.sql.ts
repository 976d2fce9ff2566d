/** What answers say of how far a segment is, and refreshes of their cause. */
export const up = /* sql */ `
-- Of members: the moment that the file's rows are right for, and since when a change waited that it does not show.
alter table export add column as_of timestamptz, add column pending_since timestamptz;
`;

export const down = /* sql */ `
alter table export drop column as_of, drop column pending_since;
`;
