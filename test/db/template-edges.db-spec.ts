import {
  evaluate, membersSql, nextEdge, parse, resolveReferences, sql, timeMovedSql, verdictsSql, type References, type Rule,
} from '#rules';
import {
  campaigns, customFields, definitionOf, edges, LIST, requiredNames, segmentIds, subjects, vocabulary, type Edge,
} from '../../libs/rules/test/template-edges/index.js';
import { WorldDatabase } from '../support/world-database.js';
import type { World } from '../support/worlds.js';

const world: World = {
  tenantId: '00000000-0000-4000-8000-000000000001',
  asOf: edges[0]!.asOf,
  contacts: edges.map(({ contact }) => ({ ...contact, listed: contact.lists.has(LIST) })),
  surroundings: { campaigns, customFields, segments: new Map([...segmentIds, ['A list', LIST]]), list: LIST },
};
const { tenantId } = world;

interface Reading { readonly rule: Rule; readonly references: References }

function read(subject: string, zone: string, list: string | undefined): Reading {
  const { rule, faults } = parse({ timezone: zone, ...definitionOf(subject, list) }, vocabulary);
  if (rule === undefined) throw new Error(`${subject}: ${JSON.stringify(faults)}`);
  return { rule, references: resolveReferences(rule, vocabulary) };
}

/** Edges that one statement can look at: of one subject in one zone, with one list, and at one moment. */
const together = [...Map.groupBy(edges, ({ subject, zone, list, asOf }) => JSON.stringify([subject, zone, list, asOf])).values()];

const told = (edge: Edge): string => `${edge.subject}: ${edge.what}`;
const idsOf = (some: readonly Edge[]) => sql`select unnest(${some.map(({ contact }) => contact.id)}::uuid[])`;

describe('The contacts on the edges of the templates', () => {
  let database: WorldDatabase;
  beforeAll(async () => {
    database = await WorldDatabase.open();
    await database.load(world);
  });
  afterAll(async () => { await database.close(); });

  it('are members as the table says, each template read for itself over all contacts', async () => {
    for (const some of together) {
      const { subject, zone, list, asOf } = some[0]!;
      const found = new Set(await database.contactIds(membersSql({ ...read(subject, zone, list), tenantId, asOf })));
      const wrong = some.filter(({ contact, member }) => found.has(contact.id) !== member);
      expect(wrong.map(told)).toEqual([]);
    }
  });

  it('are members as the table says, all templates read at once, and of the others as the evaluator says', async () => {
    const count = { edges: 0, verdicts: 0 };
    for (const [key, some] of Map.groupBy(edges, ({ zone, list, asOf }) => JSON.stringify([zone, list, asOf]))) {
      const { zone, list, asOf } = some[0]!;
      const readings = new Map(subjects.map((subject, index) => [subjectId(index), read(subject, zone, list)]));
      const references: References = new Map([...readings.values()].flatMap((reading) => [...reading.references]));
      const rows = await database.rows<{ segment_id: string; contact_id: string }>(verdictsSql({
        segments: new Map([...readings].map(([id, { rule }]) => [id, rule])), references, tenantId, asOf,
        overridden: new Set(segmentIds.values()), candidates: idsOf(some),
      }));
      const found = new Set(rows.map(({ segment_id, contact_id }) => `${segment_id} ${contact_id}`));
      expect(found.size).toBe(rows.length);
      for (const edge of some) {
        for (const [id, { rule }] of readings) {
          const own = id === subjectId(subjects.indexOf(edge.subject));
          const expected = own ? edge.member : evaluate(rule, edge.contact, { asOf, references });
          count.verdicts += 1;
          if (found.has(`${id} ${edge.contact.id}`) !== expected) throw new Error(`${told(edge)}, under ${id} at ${key}, in SQL ${String(!expected)}`);
        }
        count.edges += 1;
      }
    }
    expect(count).toEqual({ edges: edges.length, verdicts: edges.length * subjects.length });
  });

  it('are pinned into and out of the segments that templates refer to, until their pins end', async () => {
    for (const name of requiredNames) {
      const id = segmentIds.get(name)!;
      const { rule, references } = read(name, 'UTC', undefined);
      const asOf = edges[0]!.asOf;
      const pinned = edges.filter(({ contact }) => contact.overrides.has(id));
      const found = new Set(await database.contactIds(membersSql({ rule, references, tenantId, asOf, withSegmentOverrides: id })));
      const wrong = pinned.filter(({ contact }) => {
        const { pin, until } = contact.overrides.get(id)!;
        const holds = until === null || asOf < until;
        return found.has(contact.id) !== (holds ? pin === 'in' : evaluate(rule, contact, { asOf, references }));
      });
      expect(wrong.map(told)).toEqual([]);
    }
  });

  it('are among those whom time moves, where a millisecond turns the verdict, and the next edge is no later', async () => {
    let turned = 0;
    for (const some of together) {
      const { subject, zone, list, asOf } = some[0]!;
      for (const [turns, step] of [['just', [asOf - 1, asOf]], ['next', [asOf, asOf + 1]]] as const) {
        const turning = some.filter((edge) => edge.turns === turns);
        if (turning.length === 0) continue;
        const { rule, references } = read(subject, zone, list);
        const moved = new Set(await database.contactIds(timeMovedSql({ tenantId, rules: [{ rule, references, segment: null }], from: step[0], to: step[1] })));
        expect(turning.filter(({ contact }) => !moved.has(contact.id)).map(told)).toEqual([]);
        expect(await dueAfter(step[0], rule, references)).toBeLessThanOrEqual(step[1]);
        turned += turning.length;
      }
    }
    expect(turned).toBe(edges.filter((edge) => edge.turns !== undefined).length);
  });

  /** When the service would look at the rule again by itself. */
  async function dueAfter(asOf: number, rule: Rule, references: References): Promise<number | null> {
    const next = nextEdge({ tenantId, rules: [{ rule, references, segment: null }], asOf });
    const found = next.sql === null ? [] : await database.rows<{ edge: number; at: Date | null }>(next.sql);
    return next.due(found.map(({ edge, at }) => ({ edge, at: at?.getTime() ?? null })));
  }
});

const subjectId = (index: number): string => `00000000-0000-4000-8000-00000000b${index.toString(16).padStart(3, '0')}`;
