import { isUuid } from '#kernel';
import { segmentIdsInvalid, segmentNotFound } from './segments.problems.js';

/** Segments at once: two at least, and no more than anybody reads. */
const [least, most] = [2, 20];

/** The ids of several segments as a query names them, with commas between. As in a path, what is no UUID names nothing. */
export function readSegmentIds(list: string): string[] {
  const ids = list.split(',').map((id) => id.trim().toLowerCase());
  if (ids.length < least || ids.length > most || new Set(ids).size < ids.length) throw segmentIdsInvalid(least, most);
  const unknown = ids.find((id) => !isUuid(id));
  if (unknown !== undefined) throw segmentNotFound(unknown);
  return ids;
}
