import fc from 'fast-check';
import { addToInstant, evaluate, parse, resolveReferences, timeMovedSql, type SegmentDefinition } from '#rules';
import { definition, vocabularyWith } from '../support/rule-definitions.js';
import { budget, hold } from '../support/runs.js';
import { snapshotOf, WorldDatabase } from '../support/world-database.js';
import { moments, segmentIds, world } from '../support/worlds.js';

const EVERYONE: SegmentDefinition = { match: 'all', groups: [] };

const steps = fc.constantFrom(
  ...([[0, 'days'], [30, 'minutes'], [-30, 'minutes'], [1, 'days'], [-1, 'days'], [1, 'months'], [1, 'years']] as const));

const drawn = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  pinned: definition(asOf, [segmentIds.list]),
  step: fc.tuple(steps, fc.constantFrom(-1, 0, 1)).map(([[by, unit], jitter]) => addToInstant(asOf, by, unit) + jitter),
  definitions: fc.array(definition(asOf, [segmentIds.list, segmentIds.pinned]), { minLength: 30, maxLength: 30 }),
}));

describe('time', () => {
  let database: WorldDatabase;
  beforeAll(async () => { database = await WorldDatabase.open(); });
  afterAll(async () => { await database.close(); });

  it('moves no contact across a rule without an edge of it', async () => {
    const count = { rules: 0, flips: 0, candidates: 0 };
    await hold('no verdict flips without an edge', fc.asyncProperty(drawn, async (run) => {
      await database.load(run.world);
      const { asOf, contacts, tenantId } = run.world;
      const sound = parse(run.pinned, vocabularyWith(EVERYONE, EVERYONE)).rule === undefined ? EVERYONE : run.pinned;
      const vocabulary = vocabularyWith(sound, EVERYONE);
      for (const sent of run.definitions) {
        const { rule } = parse(sent, vocabulary);
        if (rule === undefined) continue;
        const references = resolveReferences(rule, vocabulary);
        const flipped = contacts.filter((contact) => {
          const [then, now] = [asOf, run.step].map((at) => evaluate(rule, snapshotOf(contact), { asOf: at, references }));
          return then !== now;
        });
        const moved = await database.contactIds(timeMovedSql({ tenantId, rules: [{ rule, references, segment: null }], from: asOf, to: run.step }));
        count.rules += 1;
        count.flips += flipped.length;
        count.candidates += moved.length;
        const missed = flipped.find(({ id }) => !moved.includes(id));
        if (missed === undefined) continue;
        throw new Error(`From ${new Date(asOf).toISOString()} to ${new Date(run.step).toISOString()} time moves ${missed.id} unseen\n`
          + `${JSON.stringify(sent)}\n${JSON.stringify({ ...missed, overrides: [...missed.overrides] }, null, 1)}`);
      }
    }), () => `${count.rules} rules, ${count.flips} flips, ${count.candidates} candidates`);
  }, budget * 2 + 60_000);
});
