import { behindTheWall } from './wall.js';

/** Imports of events: which import is of what, and which events it named. */
export const up = /* sql */ `
alter table import add column kind text not null default 'contacts' check (kind in ('contacts', 'events'));

-- Without a key to contact_event: an event taken back by hand stays named, so that rows alike are still counted.
create table import_event (
  tenant_id uuid not null,
  import_id uuid not null,
  event_id text collate "C" not null,
  -- False where the event was there already.
  made boolean not null,
  primary key (tenant_id, import_id, event_id),
  foreign key (tenant_id, import_id) references import (tenant_id, id) on delete cascade
);
-- An erasure finds those of the person's events by it.
create index import_event_by_event on import_event (tenant_id, event_id);

${behindTheWall(['import_event'])}
`;

export const down = /* sql */ `
drop table if exists import_event;
alter table import drop column if exists kind;
`;
