import { type Database, sql } from '#database';
import type { ConditionDefinition, GroupDefinition, SegmentDefinition } from '#rules';

export type Matching = (definition: SegmentDefinition) => Promise<Set<string>>;

class TakenBack extends Error {}

/**
 * A refresh as the guide does it: one query a condition, the ids put together in the process, then all members deleted and
 * inserted again. Taken back at the end, so that the members stay as they were.
 */
export async function refreshTheGuidesWay(database: Database, tenantId: string, segmentId: string, definition: SegmentDefinition, matching: Matching, asOf: Date): Promise<void> {
  const members = await membersOf(definition, matching);
  await database.inTenant(tenantId, async (tx) => {
    await tx.write(sql`delete from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid`);
    await tx.write(sql`insert into segment_member (tenant_id, segment_id, contact_id, since)
      select ${tenantId}::uuid, ${segmentId}::uuid, id, ${asOf}::timestamptz from unnest(${[...members]}::uuid[]) id`);
    throw new TakenBack();
  }).catch((error: unknown) => {
    if (!(error instanceof TakenBack)) throw error;
  });
}

async function membersOf({ match, groups, exclusions = [] }: SegmentDefinition, matching: Matching): Promise<Set<string>> {
  const sets: Set<string>[] = [];
  for (const group of groups) sets.push(await ofGroup(group, matching));
  let members = together(match, sets);
  for (const group of exclusions) members = members.difference(await ofGroup(group, matching));
  return members;
}

async function ofGroup({ match, conditions }: GroupDefinition, matching: Matching): Promise<Set<string>> {
  const sets: Set<string>[] = [];
  for (const node of conditions) sets.push('conditions' in node ? await ofGroup(node, matching) : await matching(alone(node)));
  return together(match, sets);
}

const alone = (condition: ConditionDefinition): SegmentDefinition => ({ version: 1, match: 'all', groups: [{ match: 'all', conditions: [condition] }] });

function together(match: 'all' | 'any', [first = new Set<string>(), ...rest]: readonly Set<string>[]): Set<string> {
  return rest.reduce((a, b) => (match === 'all' ? a.intersection(b) : a.union(b)), first);
}
