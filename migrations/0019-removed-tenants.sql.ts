/** Tenants that are being removed. */
export const up = /* sql */ `
-- Being removed: nobody comes in any more. When somebody was last at it, of real time.
alter table tenant add column removing_at timestamptz;
`;

export const down = /* sql */ `
alter table tenant drop column removing_at;
`;
