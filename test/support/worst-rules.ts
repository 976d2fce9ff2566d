import type { ConditionDefinition, GroupDefinition, SegmentDefinition } from '#rules';

/** The limits of the rule language, each of which one of the rules below reaches. */
export const limits = { conditions: 200, depth: 10, values: 10_000, text: 1000, references: 10 } as const;

const texts = ['first_name', 'last_name', 'company', 'job_title', 'phone', 'country', 'state', 'city', 'timezone', 'source', 'email', 'email_domain'];
const types = ['sent', 'delivered', 'opened', 'clicked', 'replied', 'converted'];

const many = <T>(make: (n: number) => T, count: number = limits.conditions): T[] => Array.from({ length: count }, (_, n) => make(n));

/** Nothing ends early: none of the conditions is true, and their negation is of everybody. */
const noneOf = (conditions: ConditionDefinition[]): SegmentDefinition =>
  ({ match: 'all', groups: [{ match: 'any', negate: true, conditions }] });

const textOf = (n: number): string => `${n}-`.padEnd(limits.text, 'ab');

/** A text that begins like many and is nowhere: whoever looks for it looks at every place. */
const contains = (n: number): ConditionDefinition => ({ field: `contact.${texts[n % texts.length]!}`, operator: 'contains', value: textOf(n) });

const anyOf = (n: number): ConditionDefinition =>
  ({ field: `contact.${texts[n % texts.length]!}`, operator: 'in', value: many((value) => `${n}.${value}`, limits.values) });

const distinctDays = (n: number): ConditionDefinition => ({
  event: types.slice(0, 1 + n % types.length), measure: 'distinct_days', count: { operator: 'greater_than', value: 400 + n },
  where: [{ property: 'url', operator: 'not_equals', value: `/${n}` }],
});

const urlContains = (n: number): ConditionDefinition => ({
  event: types, count: { operator: 'greater_than', value: 10_000 + n }, whereMatch: 'any',
  where: many((at) => ({ property: ['url', 'device', 'campaign.name'][at % 3]!, operator: 'contains', value: textOf(n * 10 + at) }), 10),
});

const figures = ['total_opens', 'most_common_open_hour', 'most_common_open_weekday', 'last_opened_device', 'opened_last_email', 'total_revenue', 'last_activity_at'];

const figure = (n: number): ConditionDefinition => {
  const name = figures[n % figures.length]!;
  const field = `engagement.${name}`;
  if (name === 'last_opened_device') return { field, operator: 'contains', value: `none ${n}` };
  if (name === 'opened_last_email') return { field, operator: 'is_not_set' };
  if (name === 'last_activity_at') return { field, operator: 'within_next', value: { amount: n + 1, unit: 'days' } };
  return { field, operator: 'less_than', value: -n - 1 };
};

/** As deep as groups may be, each negated, with as many conditions as there may be spread over all depths. */
function nested(condition: (n: number) => ConditionDefinition): GroupDefinition {
  const each = limits.conditions / limits.depth;
  let inner: GroupDefinition | null = null;
  for (let depth = limits.depth; depth > 0; depth -= 1) {
    const own = many((n) => condition(depth * each + n), each);
    inner = { match: depth % 2 === 0 ? 'all' : 'any', negate: true, conditions: inner === null ? own : [inner, ...own] };
  }
  return inner!;
}

/** Valid rules that cost as much as rules can, by what is the worst of each. Of lists as long as they may be so many: 200 of them are 20 MB. */
export const worstRules = (lists: number): Readonly<Record<string, SegmentDefinition>> => ({
  'a text looked for in everything': noneOf(many(contains)),
  'lists as long as they may be': noneOf(many((n) => (n < lists ? anyOf(n) : contains(n)))),
  'groups as deep as they may be': { match: 'all', groups: [nested((n) => n % 2 === 0 ? contains(n) : distinctDays(n))] },
  'distinct days of all time': noneOf(many(distinctDays)),
  'a text looked for in every event': noneOf(many(urlContains)),
  'figures of every kind': noneOf(many(figure)),
  'anniversaries in every zone': noneOf(many((n) => ({ field: n % 2 === 0 ? 'contact.created_at' : 'engagement.last_sent_at', operator: 'anniversary', value: { in_days: 30 + n } }))),
  'shares by chance': noneOf(many((n) => ({ random: { salt: `salt ${n}`.padEnd(100, '.'), from: 0, to: 0.0001 } }))),
});

/** Rules that refer to the same segments again and again: of a chain, each link refers to all links before it. */
export function fanOut(before: readonly string[], depth: number): SegmentDefinition {
  const refer = (segment: string, n: number): ConditionDefinition => ({ segment, operator: n % 2 === 0 ? 'in' : 'not_in' });
  const own = depth % 2 === 0 ? distinctDays : urlContains;
  const referring = before.flatMap((segment) => many((n) => refer(segment, n), Math.floor(100 / before.length)));
  return noneOf([...referring, ...many((n) => own(depth * limits.conditions + n), limits.conditions - referring.length)]);
}

/** What another tenant asks meanwhile, again and again. */
export function writesAndLists(turn: number, occurredAt: string): readonly (readonly [method: string, path: string, body?: object])[] {
  const email = `${turn}@example.com`;
  return [
    ['POST', '/contacts/batch', { contacts: [{ email, country: 'Chile' }] }], ['POST', '/events/batch', { events: [{ id: String(turn), type: 'opened', email, occurredAt }] }],
    ['GET', '/contacts?limit=10'], ['GET', '/segments'],
  ];
}
