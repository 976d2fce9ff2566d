import fc from 'fast-check';
import {
  breakdown, type BrokenDownNode, breakdownSql, evaluate, explain, type ExplainedNode, type NodeCounts, parse, resolveReferences,
  type SegmentDefinition,
} from '#rules';
import { definition, vocabularyWith } from '../support/rule-definitions.js';
import { budget, hold } from '../support/runs.js';
import { snapshotOf, WorldDatabase } from '../support/world-database.js';
import { moments, segmentIds, world, type World, type WorldContact } from '../support/worlds.js';

const RULES_OF_A_WORLD = 20;
const EVERYONE: SegmentDefinition = { match: 'all', groups: [] };

const drawn = fc.constantFrom(...moments).chain((asOf) => fc.record({
  world: world(asOf),
  pinned: definition(asOf, [segmentIds.list]),
  rules: fc.array(fc.record({
    definition: definition(asOf, [segmentIds.list, segmentIds.pinned]),
    overridesOf: fc.option(fc.constant(segmentIds.pinned), { freq: 3 }),
  }), { minLength: RULES_OF_A_WORLD, maxLength: RULES_OF_A_WORLD }),
}));

describe('a breakdown of a rule', () => {
  let database: WorldDatabase;
  beforeAll(async () => { database = await WorldDatabase.open(); });
  afterAll(async () => { await database.close(); });

  it('counts for each node whom the evaluator finds, and whose result changes when the node is turned over', async () => {
    const count = { nodes: 0, matches: 0, decides: 0 };
    await hold('breakdown = evaluator', fc.asyncProperty(drawn, async (run) => {
      await database.load(run.world);
      const vocabulary = vocabularyWith(parse(run.pinned, vocabularyWith(EVERYONE, EVERYONE)).rule === undefined ? EVERYONE : run.pinned, EVERYONE);
      for (const { definition: sent, overridesOf } of run.rules) {
        const { rule } = parse(sent, vocabulary);
        if (rule === undefined) continue;
        const references = resolveReferences(rule, vocabulary);
        const { asOf, tenantId } = run.world;
        const [row] = await database.rows<{ matches: string[]; decides: string[] } & NodeCounts>(breakdownSql({
          rule, references, tenantId, asOf, ...(overridesOf === null ? {} : { withSegmentOverrides: overridesOf }),
        }));
        const found = breakdown(sent, row!);
        const counted = [...found.groups, ...found.exclusions].flatMap(flat);
        const expected = countsOf(sent, run.world, (contact) => {
          const context = { asOf, references };
          const explained = explain(sent, rule, snapshotOf(contact), context);
          expect(explained.matches).toBe(evaluate(rule, snapshotOf(contact), context));
          return { trees: [...explained.groups, ...explained.exclusions], pinned: overridesOf !== null && isPinned(contact, overridesOf, asOf) };
        });
        if (JSON.stringify(counted) !== JSON.stringify(expected)) {
          throw new Error(`${JSON.stringify(sent)}\nSQL: ${JSON.stringify(counted)}\nevaluator: ${JSON.stringify(expected)}`);
        }
        count.nodes += counted.length;
        count.matches += counted.reduce((sum, { matches }) => sum + matches, 0);
        count.decides += counted.reduce((sum, { decides }) => sum + decides, 0);
      }
    }), () => `${count.nodes} nodes, ${count.matches} matches, ${count.decides} decided`);
    expect(Math.min(count.matches, count.decides)).toBeGreaterThan(0);
  }, budget * 2 + 60_000);
});

interface Counts { matches: number; decides: number }

function flat(node: BrokenDownNode): Counts[] {
  const inner = 'conditions' in node ? node.conditions.flatMap(flat) : [];
  return [{ matches: node.matches, decides: node.decides }, ...inner];
}

/** By hand, from what each contact's explanation says of the leaves: each node turned over alone, and the result looked at. */
function countsOf(
  { match, groups }: SegmentDefinition, { contacts }: World,
  explainedOf: (contact: WorldContact) => { trees: readonly ExplainedNode[]; pinned: boolean },
): Counts[] {
  const sums: Counts[] = [];
  for (const contact of contacts) {
    const { trees, pinned } = explainedOf(contact);
    const resultWith = (turned: ExplainedNode | null): boolean => {
      const holds = trees.map((tree) => holdsWith(tree, turned));
      const included = holds.slice(0, groups.length);
      const excluded = holds.slice(groups.length).includes(true);
      return (match === 'all' || included.length === 0 ? !included.includes(false) : included.includes(true)) && !excluded;
    };
    for (const [at, node] of trees.flatMap(explainedNodes).entries()) {
      sums[at] ??= { matches: 0, decides: 0 };
      if (node.matches) sums[at].matches += 1;
      if (!pinned && resultWith(node) !== resultWith(null)) sums[at].decides += 1;
    }
  }
  return sums;
}

function explainedNodes(node: ExplainedNode): ExplainedNode[] {
  return [node, ...'conditions' in node ? node.conditions.flatMap(explainedNodes) : []];
}

function holdsWith(node: ExplainedNode, turned: ExplainedNode | null): boolean {
  const holds = (): boolean => {
    if (!('conditions' in node)) return node.matches;
    const inner = node.conditions.map((one) => holdsWith(one, turned));
    return (node.match === 'all' ? !inner.includes(false) : inner.includes(true)) !== (node.negate === true);
  };
  return holds() !== (node === turned);
}

function isPinned({ overrides }: WorldContact, segment: string, asOf: number): boolean {
  const override = overrides.get(segment);
  return override !== undefined && (override.until === null || asOf < override.until);
}
