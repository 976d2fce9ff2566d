import { allBuckets, bucketsFor } from '../segments/index.js';

/** With no more contacts than these every one of them is looked at, otherwise about so many: about a second's work. */
const mostLookedAt = 100_000;
/** Where a part of the contacts holds fewer members, about so many of them are looked at: a small segment would be told by a handful. */
const membersWanted = 10_000;

/** How many of the 1,024 parts of a tenant's contacts a profile looks at, and of its members how many: at least as many. */
export function bucketsOf(contacts: number, members: number): { readonly buckets: number; readonly memberBuckets: number } {
  if (contacts <= mostLookedAt) return { buckets: allBuckets, memberBuckets: allBuckets };
  const buckets = bucketsFor(mostLookedAt, contacts);
  return { buckets, memberBuckets: Math.max(buckets, members === 0 ? 0 : bucketsFor(membersWanted, members)) };
}
