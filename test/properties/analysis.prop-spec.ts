import fc from 'fast-check';
import {
  alwaysMatches, evaluate, meaningOf, neverMatches, parse, type ConditionDefinition, type GroupDefinition, type Rule, type SegmentDefinition,
} from '#rules';
import { definition, eventCondition, fieldCondition, vocabularyWith } from '../support/rule-definitions.js';
import { budget, hold } from '../support/runs.js';
import { snapshotOf } from '../support/world-database.js';
import { moments, world } from '../support/worlds.js';

const EVERYONE: SegmentDefinition = { match: 'all', groups: [] };
const vocabulary = vocabularyWith(EVERYONE, EVERYONE);

/** Many conditions, so that several are about the same field or events: alone these can exclude one another. */
const drawn = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  conditions: fc.array(fc.oneof({ arbitrary: fieldCondition(asOf), weight: 3 }, { arbitrary: eventCondition(asOf), weight: 1 }), { minLength: 80, maxLength: 80 }),
  definitions: fc.array(definition(asOf, []), { minLength: 10, maxLength: 10 }),
  random: fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 100 })), { minLength: 6, maxLength: 6 }),
}));

const subjectOf = (condition: ConditionDefinition): string => ('field' in condition ? condition.field
  : 'event' in condition ? JSON.stringify([condition.event, condition.where, condition.measure]) : 'random' in condition ? condition.random.salt : '');

const groupOf = (match: 'all' | 'any', conditions: GroupDefinition['conditions'], negate = false): GroupDefinition => ({ match, negate, conditions });

/** The same said otherwise: turned round, nested, and as the negation of its negation. */
function saidOtherwise({ timezone, match, groups, exclusions = [] }: SegmentDefinition): SegmentDefinition {
  const zone = timezone === undefined ? {} : { timezone };
  const included = groups.length === 0 ? groupOf('all', []) : groupOf(match, [...groups].reverse().map((group) => groupOf('all', [group, group])));
  const excluded = groupOf('any', [...exclusions].reverse(), true);
  const negation = groupOf('any', [groupOf('all', [included], true), groupOf('all', [excluded], true)], true);
  return { ...zone, match: 'any', groups: [negation, groupOf('any', [])] };
}

describe('what is seen in a rule without data', () => {
  it('is true of all data: who never matches never does, who always matches always does, and what means the same finds the same', async () => {
    const count = { rules: 0, never: 0, always: 0, same: 0, rewritten: 0 };
    await hold('analysis = evaluator', fc.asyncProperty(drawn, async (run) => {
      await Promise.resolve();
      const snapshots = run.world.contacts.map(snapshotOf);
      const verdicts = (rule: Rule): boolean[] => snapshots.map((snapshot) => evaluate(rule, snapshot, { asOf: run.world.asOf, references: new Map() }));
      const read = (sent: SegmentDefinition): Rule | undefined => parse(sent, vocabulary).rule;
      const random = run.random.filter(([, from, to]) => from < to).map(([salt, from, to]): ConditionDefinition => ({ random: { salt, from, to } }));
      const pairs = [...Map.groupBy([...run.conditions, ...random], subjectOf).values()].flatMap((alike) => alike.flatMap((one, at) =>
        alike.slice(at + 1).flatMap((other): SegmentDefinition[] => [
          { match: 'all', groups: [groupOf('all', [one, other])] },
          { match: 'any', groups: [groupOf('any', [one, other])] },
          { match: 'all', groups: [groupOf('all', [one])], exclusions: [groupOf('all', [other])] },
        ])));
      const seen = new Map<string, { verdicts: string; sent: SegmentDefinition }>();
      for (const sent of [...pairs, ...run.definitions]) {
        const rule = read(sent);
        if (rule === undefined) continue;
        count.rules += 1;
        const found = verdicts(rule);
        const explain = (what: string): string => `${what}\n${JSON.stringify(sent)}`;
        if (neverMatches(rule) !== null) {
          count.never += 1;
          if (found.includes(true)) throw new Error(explain(`matches somebody, in spite of: ${neverMatches(rule)?.reason}`));
        }
        if (alwaysMatches(rule) !== null) {
          count.always += 1;
          if (found.includes(false)) throw new Error(explain('leaves somebody out, though it should not'));
        }
        const meaning = meaningOf(rule);
        const before = seen.get(meaning);
        if (before !== undefined) {
          count.same += 1;
          if (before.verdicts !== found.join()) throw new Error(explain(`finds others than what should mean the same: ${JSON.stringify(before.sent)}`));
        }
        seen.set(meaning, { verdicts: found.join(), sent });
        const otherwise = read(saidOtherwise(sent));
        if (otherwise === undefined) continue;
        count.rewritten += 1;
        if (meaningOf(otherwise) !== meaning) throw new Error(explain(`means something else when it is said otherwise: ${meaning} / ${meaningOf(otherwise)}`));
      }
    }), () => `${count.rules} rules: ${count.never} never, ${count.always} always, ${count.same} mean the same as another, ${count.rewritten} said otherwise`);
  }, budget + 60_000);
});
