import fc from 'fast-check';
import {
  campaignsNamed, datesToCount, evaluate, membersSql, parse, resolveReferences, selectFewDated, selectSpellings, sql, toText, verdictsSql, type MembersOptions, type References, type Rule, type SegmentDefinition, type Vocabulary,
} from '#rules';
import { dateCondition, definition, eventCondition, fieldCondition, vocabularyWith } from '../support/rule-definitions.js';
import { budget, hold } from '../support/runs.js';
import { snapshotOf, WorldDatabase } from '../support/world-database.js';
import { hasLaterEvents, moments, segmentIds, world, type World } from '../support/worlds.js';

const RULES_OF_A_WORLD = 40;
const EVERYONE: SegmentDefinition = { match: 'all', groups: [] };

const drawn = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  pinned: definition(asOf, [segmentIds.list]),
  nested: definition(asOf, [segmentIds.list, segmentIds.pinned]),
  rules: fc.array(fc.record({
    definition: definition(asOf, Object.values(segmentIds)),
    candidates: fc.option(fc.integer({ min: 2, max: 4 }), { freq: 2 }),
    overridesOf: fc.option(fc.constantFrom(segmentIds.pinned, segmentIds.nested), { freq: 3 }),
  }), { minLength: RULES_OF_A_WORLD, maxLength: RULES_OF_A_WORLD }),
}));

/** One condition alone: what a deep rule drowns shows here. */
const simple = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  definitions: fc.array(fc.tuple(definition(asOf, []), fc.oneof(fieldCondition(asOf), eventCondition(asOf)))
    .map(([{ timezone }, condition]): SegmentDefinition => ({
      timezone, match: 'all', groups: [{ match: 'all', conditions: [condition] }],
    })), { minLength: RULES_OF_A_WORLD, maxLength: RULES_OF_A_WORLD }),
}));

/** A date beside something else that has to hold: those who match are found by it. */
const dated = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  definitions: fc.array(fc.tuple(
    definition(asOf, []), dateCondition(asOf), fc.array(fc.oneof(dateCondition(asOf), eventCondition(asOf), fieldCondition(asOf)), { minLength: 1, maxLength: 2 }),
  ).map(([{ timezone, exclusions }, date, others]): SegmentDefinition => ({
    ...(timezone === undefined ? {} : { timezone }), match: 'all', groups: [{ match: 'all', conditions: [...others, date] }],
    ...(exclusions === undefined ? {} : { exclusions }),
  })), { minLength: RULES_OF_A_WORLD, maxLength: RULES_OF_A_WORLD }),
}));

describe('a rule in SQL', () => {
  let database: WorldDatabase;
  beforeAll(async () => { database = await WorldDatabase.open(); });
  afterAll(async () => { await database.close(); });

  it('finds exactly the contacts that the evaluator finds, of each segment alone and of many together', async () => {
    const count = { rules: 0, refused: 0, matches: 0 };
    await hold('SQL = evaluator, whole rules', fc.asyncProperty(drawn, async (run) => {
      await database.load(run.world);
      const vocabulary = vocabularyWith(sound(run.pinned), sound(run.nested));
      for (const { definition: sent, candidates, overridesOf } of run.rules) {
        const { rule } = parse(sent, vocabulary);
        if (rule === undefined) { count.refused += 1; continue; }
        count.rules += 1;
        const references = resolveReferences(rule, vocabulary);
        const among = run.world.contacts.filter((_, index) => candidates === null || index % candidates === 0);
        const expected = among.filter((contact) => {
          const override = overridesOf === null ? undefined : contact.overrides.get(overridesOf);
          if (override !== undefined && (override.until === null || run.world.asOf < override.until)) return override.pin === 'in';
          return evaluate(rule, snapshotOf(contact), { asOf: run.world.asOf, references });
        }).map(({ id }) => id);
        const found = await database.contactIds(membersSql({
          rule, references, tenantId: run.world.tenantId, asOf: run.world.asOf, ...await known(run.world, rule, references),
          ...(candidates === null ? {} : { candidates: sql`select unnest(${among.map(({ id }) => id)}::uuid[])` }),
          ...(overridesOf === null ? {} : { withSegmentOverrides: overridesOf }),
        }));
        count.matches += found.length;
        expectSame(found, expected, sent, run.world);
      }
      await together(run.world, vocabulary, run.rules.map((one) => one.definition), run.rules[0]!.candidates ?? 1);
    }), () => `${count.rules} rules (${count.refused} refused), ${count.matches} matches`);
  }, budget * 2 + 60_000);

  /** What a statement may be told: that nothing happens later, which segments have overrides, and, of every other world, how its events spell the campaigns of a rule and which of its dates not everybody passes. */
  async function known(world: World, rule: Rule, references: References): Promise<Pick<MembersOptions, 'laterEvents' | 'spellings' | 'overridden' | 'fewDated'>> {
    const named = campaignsNamed(rule, references);
    const told = world.contacts.length % 2 === 0 ? null : await database.rows<{ named: string; id: string }>(selectSpellings(world.tenantId, named));
    const spellings = told === null ? null : new Map(named.map((one) => [one, told.filter((row) => row.named === one).map(({ id }) => id)]));
    return { laterEvents: hasLaterEvents(world), spellings, overridden: overriddenIn(world), fewDated: told === null ? [] : await fewDatedIn(world, rule, references) };
  }

  /** Few of twelve times as many. */
  async function fewDatedIn({ tenantId, asOf, contacts }: World, rule: Rule, references: References): Promise<NonNullable<MembersOptions['fewDated']>> {
    const counted = datesToCount(rule);
    if (counted.length === 0) return [];
    const few = await database.rows<{ at: number }>(selectFewDated(counted, rule, { tenantId, asOf, references }, sql`${contacts.length * 12}::bigint`));
    return few.map(({ at }) => counted[at]!);
  }

  function overriddenIn({ contacts }: World): ReadonlySet<string> {
    return new Set(contacts.flatMap(({ overrides }) => [...overrides.keys()]));
  }

  /** The verdicts of all rules in one statement over some of the contacts, the two segments that they refer to among them. */
  async function together(world: World, vocabulary: Vocabulary, definitions: readonly SegmentDefinition[], every: number): Promise<void> {
    const stored = [segmentIds.pinned, segmentIds.nested].map((id) => [id, vocabulary.segments.get(id)!.definition!] as const);
    const drawn = definitions.map((sent, index) => [`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, sent] as const);
    const read = [...drawn, ...stored].map(([id, sent]) => ({ id, sent, rule: parse(sent, vocabulary).rule })).filter(({ rule }) => rule !== undefined);
    const references: References = new Map(read.flatMap(({ rule }) => [...resolveReferences(rule!, vocabulary)]));
    const among = world.contacts.filter((_, index) => index % every === 0);
    const rows = await database.rows<{ segment_id: string; contact_id: string }>(verdictsSql({
      segments: new Map(read.map(({ id, rule }) => [id, rule!])), references, tenantId: world.tenantId, asOf: world.asOf, laterEvents: hasLaterEvents(world),
      overridden: overriddenIn(world), candidates: sql`select unnest(${among.map(({ id }) => id)}::uuid[])`,
    }));
    const found = Map.groupBy(rows, ({ segment_id }) => segment_id);
    for (const { id, sent, rule } of read) {
      const expected = among.filter((contact) => {
        const override = contact.overrides.get(id);
        if (override !== undefined && (override.until === null || world.asOf < override.until)) return override.pin === 'in';
        return evaluate(rule!, snapshotOf(contact), { asOf: world.asOf, references });
      });
      expectSame((found.get(id) ?? []).map((row) => row.contact_id), expected.map((contact) => contact.id), sent, world);
    }
  }

  /** Loads the world and hands over those of its rules that are sound, one by one, with whom the evaluator finds. */
  async function eachSound(
    { world, definitions }: { world: World; definitions: readonly SegmentDefinition[] }, count: { rules: number; refused: number },
    check: (rule: Rule, references: References, expected: string[], sent: SegmentDefinition) => Promise<void>,
  ): Promise<void> {
    await database.load(world);
    const vocabulary = vocabularyWith(EVERYONE, EVERYONE);
    for (const sent of definitions) {
      const { rule } = parse(sent, vocabulary);
      if (rule === undefined) { count.refused += 1; continue; }
      count.rules += 1;
      const references = resolveReferences(rule, vocabulary);
      const expected = world.contacts.filter((contact) => evaluate(rule, snapshotOf(contact), { asOf: world.asOf, references })).map(({ id }) => id);
      await check(rule, references, expected, sent);
    }
  }

  it('finds by a date who passes it and the rest of the rule', async () => {
    const count = { rules: 0, refused: 0, matches: 0, byDate: 0 };
    await hold('SQL = evaluator, dates beside others', fc.asyncProperty(dated, async (run) => {
      await eachSound(run, count, async (rule, references, expected, sent) => {
        const statement = membersSql({ rule, references, tenantId: run.world.tenantId, asOf: run.world.asOf, ...await known(run.world, rule, references) });
        if (toText(statement).sql.includes('from contact_date d')) count.byDate += 1;
        const found = await database.contactIds(statement);
        count.matches += found.length;
        expectSame(found, expected, sent, run.world);
      });
    }), () => `${count.rules} rules (${count.refused} refused), ${count.byDate} by a date, ${count.matches} matches`);
    expect(count.byDate).toBeGreaterThan(0);
  }, budget * 2 + 60_000);

  it('finds for every condition what the evaluator finds, and its negation all the others', async () => {
    const count = { rules: 0, refused: 0, matches: 0 };
    await hold('SQL = evaluator and P + not P = all, single conditions', fc.asyncProperty(simple, async (run) => {
      await eachSound(run, count, async (rule, references, expected, sent) => {
        const found = await known(run.world, rule, references);
        const members = (asked: Rule): Promise<string[]> =>
          database.contactIds(membersSql({ rule: asked, references, tenantId: run.world.tenantId, asOf: run.world.asOf, ...found }));
        const matching = await members(rule);
        count.matches += matching.length;
        expectSame(matching, expected, sent, run.world);
        const others = await members(opposite(rule));
        expectSame([...matching, ...others], run.world.contacts.map(({ id }) => id), sent, run.world);
      });
    }), () => `${count.rules} rules (${count.refused} refused), ${count.matches} matches`);
  }, budget * 2 + 60_000);
});

/** NOT of a rule of one condition: by the twin operator where it has one, else by `negate`. */
function opposite(rule: Rule): Rule {
  const [group] = rule.groups;
  const [condition] = group!.conditions;
  if (condition?.kind === 'field') {
    const twin = TWINS.get(condition.test.operator);
    if (twin !== undefined) {
      const twinned = { ...condition, test: { ...condition.test, operator: twin } };
      return { ...rule, groups: [{ ...group!, conditions: [twinned] }] };
    }
  }
  return { ...rule, groups: [{ ...group!, negate: true }] };
}

const pairs: readonly [string, string][] = [
  ['equals', 'not_equals'], ['starts_with', 'not_starts_with'], ['ends_with', 'not_ends_with'], ['in', 'not_in'],
  ['between', 'not_between'], ['contains_any', 'contains_none'], ['contains', 'not_contains'], ['is_set', 'is_not_set'],
];
const TWINS = new Map(pairs.flatMap(([a, b]) => [[a, b], [b, a]]));

function sound(given: SegmentDefinition): SegmentDefinition {
  return parse(given, vocabularyWith(EVERYONE, EVERYONE)).rule === undefined ? EVERYONE : given;
}

function expectSame(found: readonly string[], expected: readonly string[], sent: SegmentDefinition, { asOf, contacts }: World): void {
  if ([...found].sort().join() === [...expected].sort().join()) return;
  const twice = found.find((id, index) => found.indexOf(id) !== index);
  const odd = twice ?? contacts.find(({ id }) => found.includes(id) !== expected.includes(id))?.id;
  const contact = contacts.find(({ id }) => id === odd);
  const events = contact?.events.toSorted((a, b) => a.occurredAt - b.occurredAt)
    .map((event) => ({ ...event, occurredAt: new Date(event.occurredAt).toISOString() }));
  throw new Error(`As of ${new Date(asOf).toISOString()} SQL ${twice !== undefined ? 'finds twice' : found.includes(odd!) ? 'finds' : 'misses'} ${odd}\n`
    + `${JSON.stringify(sent)}\n${JSON.stringify({ ...contact, overrides: [...contact?.overrides ?? []], events }, null, 1)}`);
}
