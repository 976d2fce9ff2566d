/** Indexes for what time alone brings: pins that end, of however many, and segments that are due, of however many tenants. */
export const up = /* sql */ `
create index segment_override_ends on segment_override (tenant_id, segment_id, until) where until is not null;
create index segment_state_due on segment_state (at);
`;

export const down = /* sql */ `
drop index if exists segment_override_ends, segment_state_due;
`;
