import { definitionOf, edges, subjects, vocabulary, type Edge } from '../../test/template-edges/index.js';
import { mutantsOf } from '../../test/template-edges/mutants.js';
import type { SegmentDefinition } from '../definition.js';
import { parse } from '../parse.js';
import { evaluate } from '../readings/evaluate.js';
import type { References } from '../readings/memory/snapshot.js';
import { resolveReferences } from '../references.js';
import type { Rule } from '../rule.js';

type Verdict = (edge: Edge, later?: number) => boolean;

/** Tells whether a definition takes the contact of an edge, so many milliseconds from its moment. */
function verdictOf(definition: SegmentDefinition): Verdict {
  const read = new Map<string, { rule: Rule; references: References }>();
  return ({ contact, asOf, zone }, later = 0) => {
    const { rule, references } = read.get(zone) ?? sound({ timezone: zone, ...definition });
    read.set(zone, { rule, references });
    return evaluate(rule, contact, { asOf: asOf + later, references });
  };
}

function sound(definition: SegmentDefinition): { rule: Rule; references: References } {
  const { rule, faults } = parse(definition, vocabulary);
  if (rule === undefined) throw new Error(`${JSON.stringify(definition)}: ${JSON.stringify(faults)}`);
  return { rule, references: resolveReferences(rule, vocabulary) };
}

describe.each(subjects)('%s', (subject) => {
  const own = edges.filter((edge) => edge.subject === subject);
  const lists = new Set(own.map(({ list }) => list));
  const verdicts = new Map([...lists].map((list) => [list, verdictOf(definitionOf(subject, list))]));

  test('has contacts on both sides, each of them another', () => {
    expect(new Set(own.map(({ member }) => member))).toEqual(new Set([true, false]));
    expect(new Set(own.map(({ what, zone, asOf, list }) => `${what} ${zone} ${asOf} ${list}`)).size).toBe(own.length);
  });

  test.each(own.map((edge) => [edge.what, edge.member ? 'in' : 'out', edge] as const))('%s: %s', (_what, _side, edge) => {
    const takes = verdicts.get(edge.list)!;
    expect(takes(edge)).toBe(edge.member);
    if (edge.turns === 'just') expect(takes(edge, -1)).toBe(!edge.member);
    if (edge.turns === 'next') expect(takes(edge, 1)).toBe(!edge.member);
  });
});

/** What changes no verdict of any contact whatsoever, and why. */
const equivalents: readonly (readonly [mutant: RegExp, why: string])[] = [
  [/^(active-subscribers|inactive-contacts) \/groups\/0\/conditions\/2: dropped$/, 'who is active is not unsubscribed: both are read off the status'],
  [/^All Active Subscribers \/groups\/0\/conditions\/1: dropped$/, 'who is active is not unsubscribed: both are read off the status'],
  [/^(active-subscribers|advanced-multi-condition|click-but-never-convert|highly-engaged|hot-leads|warm-leads|Product Users) .*: on or after n ago$/,
    'the latest event is never after the moment: later ones do not exist yet'],
  [/^(never-engaged|new-leads|click-but-never-convert) .*: less_or_equal$/, 'no count is below 0'],
  [/^(mobile-openers|clicked-specific-link|opened-but-didnt-click) .*: count less_or_equal$/, 'no count is below 0'],
  [/^time-based-engagement .*: (between \[0,5\]|up to its upper end)$/, 'no weekday is below 1'],
  [/^opened-but-didnt-click .*: clicked too$/, 'who clicked on the campaign is left out anyway'],
];

/** The alterations of a subject that no contact of its own tells from it. */
const survivorsOf = memoised((subject: string): string[] => {
  const own = edges.filter((edge) => edge.subject === subject && edge.list === undefined);
  return mutantsOf(definitionOf(subject)).filter(({ definition }) => {
    const takes = verdictOf(definition);
    return own.every((edge) => takes(edge) === edge.member);
  }).map(({ what }) => `${subject} ${what}`);
});

function memoised<T>(compute: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, compute(key));
    return known.get(key)!;
  };
}

describe('The contacts are sharp:', () => {
  test.each(subjects)('whatever is altered in %s, a verdict tells', (subject) => {
    expect(survivorsOf(subject).filter((survivor) => !equivalents.some(([mutant]) => mutant.test(survivor)))).toEqual([]);
  });

  test('but for what cannot be told, each for a reason that still stands', () => {
    const survivors = subjects.flatMap(survivorsOf);
    expect(equivalents.filter(([mutant]) => !survivors.some((survivor) => mutant.test(survivor)))).toEqual([]);
    expect(survivors).toHaveLength(21);
  });

  test('of more than 1,500 alterations', () => {
    expect(subjects.flatMap((subject) => mutantsOf(definitionOf(subject))).length).toBeGreaterThan(1500);
  });
});
