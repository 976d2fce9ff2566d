import { createHash } from 'node:crypto';
import type { EventOfContact } from './sql/append-events.sql.js';

/** How many rows before had each of these keys. */
export type Seen = (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/**
 * The events with an id each. One that has none gets it from all that the event says and from how many before it said the
 * same: of two equal purchases both count, and a file that is sent again, in whatever order or form, makes nothing twice.
 */
export async function identified(events: readonly EventOfContact[], seen: Seen): Promise<readonly EventOfContact[]> {
  const keys = events.map((event) => (event.id === '' ? keyOf(event) : null));
  const wanted = [...new Set(keys.filter((key) => key !== null))];
  if (wanted.length === 0) return events;
  const counts = new Map(await seen(wanted));
  return events.map((event, at) => {
    const key = keys[at] ?? null;
    if (key === null) return event;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return { ...event, id: `${key}${nth}` };
  });
}

/** `row_`, 160 bits of a hash, `_`: what follows is a number. */
function keyOf({ id: _, ...event }: EventOfContact): string {
  return `row_${createHash('sha256').update(inOrder(event)).digest('hex').slice(0, 40)}_`;
}

/** The JSON of a value with the members of each object in the order of their names: columns may stand in any. */
function inOrder(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOrder).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOrder(member)}`).join()}}`;
}
