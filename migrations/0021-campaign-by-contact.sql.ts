/**
 * Beside type and time of a contact's events their campaign, as contact_event_by_type has it: whoever asks of candidates what they did
 * in a campaign then reads no event (10,000 among a million, a hundred segments: 1.4 s, and 2.4 without). The old one serves until the
 * new one is there; events that come meanwhile wait, 35 s for 20 million.
 */
export const up = /* sql */ `
create index contact_event_of_contact on contact_event (tenant_id, contact_id, type, occurred_at) include (campaign_id);
drop index contact_event_by_contact;
alter index contact_event_of_contact rename to contact_event_by_contact;
`;

export const down = /* sql */ `
drop index contact_event_by_contact;
create index contact_event_by_contact on contact_event (tenant_id, contact_id, type, occurred_at);
`;
