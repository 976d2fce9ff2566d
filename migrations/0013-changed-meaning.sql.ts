/** A change that names nobody: what rules mean is another thing since, as where an event type declares other properties. */
export const up = /* sql */ `
alter table contact_change drop constraint contact_change_kind_check, add constraint contact_change_kind_check check (kind in ('contact', 'campaign', 'meaning'));
`;

export const down = /* sql */ `
delete from contact_change where kind = 'meaning';
alter table contact_change drop constraint contact_change_kind_check, add constraint contact_change_kind_check check (kind in ('contact', 'campaign'));
`;
