import fc from 'fast-check';
import { evaluate, nextEdge, parse, resolveReferences, type SegmentDefinition } from '#rules';
import { definition, eventCondition, fieldCondition, vocabularyWith } from '../support/rule-definitions.js';
import { budget, hold } from '../support/runs.js';
import { snapshotOf, WorldDatabase } from '../support/world-database.js';
import { moments, segmentIds, world } from '../support/worlds.js';

const EVERYONE: SegmentDefinition = { match: 'all', groups: [] };
const DAY_MS = 86_400_000;

const drawn = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  // Where in the time up to the edge to look, besides its last millisecond.
  parts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
  definitions: fc.array(fc.oneof(
    definition(asOf, [segmentIds.list]),
    fc.tuple(definition(asOf, []), fc.oneof(fieldCondition(asOf), eventCondition(asOf)))
      .map(([{ timezone }, condition]): SegmentDefinition => ({ timezone, match: 'all', groups: [{ match: 'all', conditions: [condition] }] })),
  ), { minLength: 30, maxLength: 30 }),
}));

describe('Before the next edge', () => {
  let database: WorldDatabase;
  beforeAll(async () => { database = await WorldDatabase.open(); });
  afterAll(async () => { await database.close(); });

  it('time changes no verdict', async () => {
    const count = { rules: 0, never: 0, probes: 0 };
    await hold('no verdict changes before the next edge', fc.asyncProperty(drawn, async (run) => {
      await database.load(run.world);
      const { asOf, contacts, tenantId } = run.world;
      const vocabulary = vocabularyWith(EVERYONE, EVERYONE);
      for (const sent of run.definitions) {
        const { rule } = parse(sent, vocabulary);
        if (rule === undefined) continue;
        const references = resolveReferences(rule, vocabulary);
        const next = nextEdge({ tenantId, rules: [{ rule, references, segment: null }], asOf });
        const found = next.sql === null ? [] : await database.rows<{ edge: number; at: Date | null }>(next.sql);
        const due = next.due(found.map(({ edge, at }) => ({ edge, at: at?.getTime() ?? null })));
        count.rules += 1;
        if (due === null) count.never += 1;
        const last = due ?? asOf + 1500 * DAY_MS;
        const verdicts = (at: number): string => contacts.filter((contact) => evaluate(rule, snapshotOf(contact), { asOf: at, references })).map(({ id }) => id).join();
        const before = verdicts(asOf);
        // Also shortly after now: most edges are years away.
        const probes = [last - 1, ...run.parts.map((part) => Math.floor(asOf + part * (last - asOf))), asOf + 1, asOf + 3_600_000, asOf + DAY_MS];
        for (const at of probes.filter((probe) => probe > asOf && probe < last)) {
          count.probes += 1;
          if (verdicts(at) === before) continue;
          throw new Error(`The next edge from ${new Date(asOf).toISOString()} is said to be ${due === null ? 'never' : new Date(due).toISOString()}, `
            + `but at ${new Date(at).toISOString()} members are others: ${JSON.stringify(sent)}`);
        }
      }
    }), () => `${count.rules} rules (${count.never} never change), ${count.probes} moments`);
  }, budget * 2 + 60_000);
});
