import fc, { type Arbitrary } from 'fast-check';
import type { ConditionDefinition, SegmentDefinition, Unit } from '#rules';
import type { StatementCosts } from '../../src/segments/partition.js';
import { definition } from './rule-definitions.js';
import { amounts, campaignIds, campaigns, days, eventTypes, instants, moments, options, revenues, segmentIds, texts, zones } from './worlds.js';

export const people = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}@example.com`);
export const iso = (at: number): string => new Date(at).toISOString();

/** What a client may do between two cycles, and the clock. `segment` is the place of one of the world's segments. */
export type Write =
  | { do: 'contacts'; rows: object[] }
  | { do: 'patch'; email: string; body: object }
  | { do: 'events'; rows: object[] }
  | { do: 'take back'; id: string }
  | { do: 'erase'; email: string }
  | { do: 'merge'; into: string; email: string }
  | { do: 'list'; method: 'POST' | 'DELETE'; emails: string[] }
  | { do: 'pin'; segment: number; overrides: { until: string | null }[] }
  | { do: 'campaign'; id: string; body: object }
  | { do: 'edit'; segment: number; rules: SegmentDefinition }
  | { do: 'life'; segment: number; verb: 'archive' | 'activate' }
  | { do: 'remove'; segment: number }
  | { do: 'ask'; segment: number; mode: 'auto' | 'full' }
  | { do: 'cancel'; segment: number }
  | { do: 'declare'; properties: object }
  | { do: 'options'; field: 'select' | 'multi_select'; options: string[] }
  | { do: 'poison'; segment: number }
  | { do: 'cure' };

export type ClockStep =
  | { do: 'clock'; amount: number; unit: Unit; sign: number; by: number }
  | { do: 'flip'; segment: number; nth: number; by: number }
  | { do: 'edge'; by: number }
  | { do: 'midnight'; zone: string; by: number }
  | { do: 'end of a pin'; by: number };

/**
 * A refresh, and what happens while it is under way: it is killed, the one of `segment` is cancelled, `writes` come, or somebody whom it
 * makes a member is erased, or merged into another, when it has sent about that share of its statements.
 */
export interface CycleStep {
  readonly do: 'cycle';
  readonly how: 'once' | 'twice at once' | 'while a writer waits' | 'killed' | 'cancelled' | 'beside writes' | 'beside an erasure' | 'beside a merge';
  readonly at: number;
  readonly segment: number;
  readonly email: string;
  readonly country: string;
  readonly writes: readonly Write[];
}

export type Command = Write | ClockStep | CycleStep;

/**
 * A tenant's contacts and segments, and what happens to them from the moment `start` on, in several ways of which each begins
 * anew, since making the tenant takes long. Rules name the list and other segments by `segmentIds.list` and `placeOf`.
 */
export interface World {
  readonly start: number;
  /** How the refresh weighs statements: each segment in one of its own, all in one, or what is cheaper among so few contacts; in full as well where that is. */
  readonly costs: StatementCosts;
  readonly segments: readonly { readonly status: 'active' | 'draft'; readonly rules: SegmentDefinition }[];
  readonly beginning: readonly Write[];
  readonly sequences: readonly (readonly Command[])[];
}

/** Stands for the id of a segment that is not made yet. */
export function placeOf(segment: number): string {
  return `00000000-0000-4000-8000-0000005e${segment.toString(16).padStart(4, '0')}`;
}

const mostSegments = 5;
const oneByOne = { filled: 1, few: Infinity };
const person = fc.constantFrom(...people);
const by = fc.constantFrom(-1, 0, 0, 1);

// A handful of values, so that what is written is what rules ask for; how texts and numbers compare is another property's.
const countries = texts.slice(0, 3);
const tags = texts.slice(3, 6);
const chosen = options.slice(0, 3);
const scores = [49, 50, 80];
const asked = ['opened', 'sent', 'clicked', 'own'];

const length = fc.constantFrom(...amounts.slice(1, 10), { amount: 1, unit: 'months' as const }, { amount: 3, unit: 'months' as const });
const dayLength = length.filter(({ unit }) => unit !== 'hours' && unit !== 'minutes');
/** One condition that a write or time alone makes true or false of somebody: lengths are those that instants and clock steps are drawn of. */
const tellingCondition: Arbitrary<ConditionDefinition> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ event: fc.constant<string[]>([...eventTypes, 'own']), where: fc.constantFrom(...campaigns).map(({ name }) => [{ property: 'campaign.name', operator: 'equals', value: name }]) }) },
  fc.constant<ConditionDefinition>({ event: ['own'], where: [{ property: 'properties.plan', operator: 'is_set' }] }),
  { weight: 3, arbitrary: fc.record({ event: fc.constantFrom(...asked), window: length.map(({ amount, unit }) => ({ last: amount, unit })) }) },
  { weight: 2, arbitrary: fc.record({ event: fc.constantFrom(...asked), window: length.map(({ amount, unit }) => ({ olderThan: amount, unit })) }) },
  { weight: 3, arbitrary: fc.record({ event: fc.constantFrom(...asked), window: fc.tuple(fc.option(length, { freq: 1 }), length).map(([from, to]) => ({ ...(from === null ? {} : { from: { ago: from.amount, unit: from.unit } }), to: { ago: to.amount, unit: to.unit } })) }) },
  fc.record({ event: fc.constantFrom(...asked), window: fc.constantFrom('today', 'yesterday', 'this_month', 'last_month').map((during) => ({ during })) }),
  fc.record({ event: fc.constantFrom(...asked), count: fc.record({ operator: fc.constantFrom('greater_or_equal', 'equals'), value: fc.constantFrom(1, 2, 3) }) }) as Arbitrary<ConditionDefinition>,
  fc.record({ event: fc.constant<string[]>([...eventTypes]), measure: fc.constantFrom('distinct_campaigns', 'distinct_days'), count: fc.constantFrom(2, 3).map((value) => ({ operator: 'greater_or_equal', value })) }) as Arbitrary<ConditionDefinition>,
  {
    weight: 4,
    arbitrary: fc.record({
      field: fc.constantFrom('contact.created_at', 'contact.updated_at', 'customField.datetime', 'customField.date', 'customField.date', 'engagement.last_sent_at', 'engagement.last_activity_at', 'engagement.last_opened_at'),
      operator: fc.constantFrom('within_last', 'more_than_ago', 'within_next', 'more_than_from_now'), value: dayLength,
    }),
  },
  fc.record({ field: fc.constantFrom('contact.created_at', 'customField.date', 'customField.datetime'), operator: fc.constant('during'), value: fc.constantFrom('today', 'this_week', 'last_month') }),
  fc.record({
    field: fc.constantFrom('customField.date', 'customField.datetime'), operator: fc.constant('anniversary'),
    value: fc.constantFrom('today', 'this_month', { within_next: 1 }, { within_next: 30 }, { in_days: 1 }, { in_days: 7 }),
  }),
  fc.record({ field: fc.constant('engagement.total_opens'), operator: fc.constant('greater_or_equal'), value: fc.constantFrom(1, 2) }),
  { weight: 2, arbitrary: fc.record({ field: fc.constant('contact.country'), operator: fc.constantFrom('equals', 'not_equals'), value: fc.constantFrom(...countries) }) },
  fc.record({ field: fc.constant('contact.subscription_status'), operator: fc.constant('equals'), value: fc.constantFrom('active', 'unsubscribed', 'bounced') }),
  fc.record({ field: fc.constant('contact.lead_score'), operator: fc.constant('greater_or_equal'), value: fc.constantFrom(...scores) }),
  fc.record({ field: fc.constant('contact.tags'), operator: fc.constant('contains'), value: fc.constantFrom(...tags) }),
  fc.record({ field: fc.constantFrom('customField.select', 'customField.multi_select'), operator: fc.constant('is_set') }),
  fc.record({ field: fc.constant('customField.select'), operator: fc.constant('equals'), value: fc.constantFrom(...chosen) }),
);
const telling: Arbitrary<SegmentDefinition> = fc.record({ condition: tellingCondition, timezone: fc.constantFrom(...zones) })
  .map(({ condition, timezone }) => ({ timezone, match: 'all', groups: [{ match: 'all', conditions: [condition] }] }));

/** Nothing but the membership of a list, or of another segment. */
function follower(segments: readonly string[]): Arbitrary<SegmentDefinition> {
  return fc.record({ segment: fc.constantFrom(...segments), operator: fc.constantFrom('in' as const, 'not_in' as const) })
    .map((condition) => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] }));
}

/** All that is drawn for worlds that begin at a moment. */
function commandsFrom(start: number): { beginning: Arbitrary<Write[]>; write: Arbitrary<Write>; step: Arbitrary<Command>; rules: Arbitrary<SegmentDefinition>[] } {
  const near = instants(start).filter((at) => at > Date.parse('1000-01-01') && at < Date.parse('3000-01-01'));
  const profile = {
    country: fc.constantFrom(...countries, null), timezone: fc.constantFrom(...zones, null), leadScore: fc.constantFrom(...scores, null),
    tags: fc.subarray(tags), createdAt: near.map(iso), subscriptionStatus: fc.constantFrom('active', 'active', 'unsubscribed', 'pending'),
    customFields: fc.record({
      text: fc.constantFrom(...countries, null), number: fc.constantFrom(...scores, null), boolean: fc.constantFrom(true, false, null),
      date: days(start), datetime: near.map(iso), select: fc.constantFrom(...chosen, null), multi_select: fc.subarray(chosen),
    }, { requiredKeys: [] }),
  };
  const contactRow = fc.record({ email: person, ...profile }, { requiredKeys: ['email'] });
  const { createdAt: _, tags: __, ...patchable } = profile;
  const patch = fc.record({ ...patchable, addTags: fc.subarray(tags.slice(0, 2), { minLength: 1 }), removeTags: fc.subarray(tags.slice(2), { minLength: 1 }) }, { requiredKeys: [] });
  const eventRow = fc.record({
    id: fc.nat(30).map((n) => `e${n}`), email: person, type: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...asked) }, fc.constantFrom(...eventTypes)), occurredAt: near.map(iso),
    campaignId: fc.constantFrom(...campaignIds.filter((id) => id !== '')), device: fc.constantFrom('mobile', 'desktop'), url: fc.constantFrom(...countries),
    revenue: fc.constantFrom(...revenues), properties: fc.dictionary(fc.constantFrom('plan', 'amount', 'flag'), fc.constantFrom('pro', 5, true)),
  }, { requiredKeys: ['id', 'email', 'type', 'occurredAt'] });
  const soon = fc.constantFrom(1, 30, 60, 120, 1440, 1441, 10_080).map((minutes) => start + minutes * 60_000);
  const override = fc.record({ email: person, pin: fc.constantFrom('in', 'in', 'out', 'out', null), until: fc.option(fc.oneof(soon, soon, near).map(iso), { freq: 4 }) });
  const segment = fc.nat(mostSegments - 1);
  const places = Array.from({ length: mostSegments }, (_unused, place) => placeOf(place));
  const reaching = (most: number): string[] => [segmentIds.list, ...places.slice(0, most)];
  // Where segments are edited so that they would reach themselves they are refused.
  const edited = fc.oneof(telling, definition(start, [segmentIds.list]), definition(start, reaching(2)), follower(reaching(mostSegments)));
  const write: Arbitrary<Write> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('contacts' as const), rows: fc.array(contactRow, { minLength: 1, maxLength: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('patch' as const), email: person, body: patch }) },
    { weight: 7, arbitrary: fc.record({ do: fc.constant('events' as const), rows: fc.array(eventRow, { minLength: 1, maxLength: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('take back' as const), id: fc.nat(30).map((n) => `e${n}`) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('erase' as const), email: person }) },
    fc.record({ do: fc.constant('merge' as const), into: person, email: person }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('list' as const), method: fc.constantFrom('POST' as const, 'DELETE' as const), emails: fc.subarray(people, { minLength: 1, maxLength: 3 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('pin' as const), segment, overrides: fc.uniqueArray(override, { minLength: 1, maxLength: 2, selector: ({ email }) => email }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('campaign' as const), id: fc.constantFrom(...campaigns.map(({ id }) => id)),
        body: fc.record({ name: fc.constantFrom(...campaigns.map(({ name }) => name), countries[0]!), externalId: fc.constantFrom('news', 'gone', null) }, { requiredKeys: ['externalId'] }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('edit' as const), segment, rules: edited }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('life' as const), segment, verb: fc.constantFrom('archive' as const, 'activate' as const, 'activate' as const) }) },
    fc.record({ do: fc.constant('remove' as const), segment }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), segment, mode: fc.constantFrom('auto' as const, 'full' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), segment }) },
    fc.record({ do: fc.constant('declare' as const), properties: fc.constantFrom({}, { plan: 'string' }, { plan: 'number', amount: 'number' }) }),
    fc.record({ do: fc.constant('options' as const), field: fc.constantFrom('select' as const, 'multi_select' as const), options: fc.subarray(options, { minLength: 1 }) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('poison' as const), segment }) },
    fc.record({ do: fc.constant('cure' as const) }),
  );
  // Over half of the steps go to where something happens, and a millisecond before or after it; months are the commonest unit.
  const clock: Arbitrary<ClockStep> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ step: fc.constantFrom(...amounts.slice(1, 9), ...amounts.slice(6, 8)), sign: fc.constantFrom(1, 1, 1, 1, -1), by }).map(({ step, sign, by: more }) => ({ do: 'clock' as const, ...step, sign, by: more })) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('flip' as const), segment, nth: fc.nat(6), by }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('edge' as const), by }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('midnight' as const), zone: fc.constantFrom(...zones), by }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end of a pin' as const), by }) },
  );
  return {
    // So that time and edits have something to move: everybody's profile, and three events of each.
    beginning: fc.record({
      contacts: fc.tuple(...people.map((email) => fc.record({ email: fc.constant(email), ...profile }))),
      events: fc.array(eventRow, { minLength: 18, maxLength: 18 }),
    }).map(({ contacts, events }): Write[] => [{ do: 'contacts', rows: contacts }, { do: 'events', rows: events }]),
    write,
    step: fc.oneof({ weight: 3, arbitrary: write }, { weight: 2, arbitrary: clock }),
    rules: [
      telling, fc.oneof(follower(reaching(1)), telling, definition(start, reaching(1))), telling, fc.oneof(definition(start, reaching(3)), follower(reaching(3))),
      fc.oneof(follower(reaching(4)), telling),
    ],
  };
}

function worldsFrom(start: number): Arbitrary<World> {
  const { beginning, write, step, rules } = commandsFrom(start);
  const cycle = fc.record<CycleStep>({
    do: fc.constant('cycle'), how: fc.constantFrom('once', 'once', 'once', 'twice at once', 'while a writer waits', 'killed', 'cancelled', 'beside writes', 'beside writes', 'beside an erasure', 'beside a merge'),
    segment: fc.nat(mostSegments - 1),
    at: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100), email: person, country: fc.constantFrom(...countries), writes: fc.array(fc.oneof({ weight: 3, arbitrary: write }, fc.record({ do: fc.constant('erase' as const), email: person })), { minLength: 1, maxLength: 3 }),
  });
  const round = fc.tuple(fc.array(step, { minLength: 1, maxLength: 4 }), cycle).map(([steps, refresh]): Command[] => [...steps, refresh]);
  return fc.record({
    start: fc.constant(start),
    costs: fc.constantFrom(
      { ...oneByOne, statement: 0, contact: 1, condition: 1 }, { ...oneByOne, statement: 1000, contact: 1, condition: 1 }, { ...oneByOne, statement: 4, contact: 1, condition: 0.3 },
      { statement: 4, contact: 1, condition: 0.3, filled: 1, few: 1 }),
    segments: fc.integer({ min: 2, max: mostSegments }).chain((many) => fc.tuple(...rules.slice(0, many).map((some) =>
      fc.record({ status: fc.constantFrom('active' as const, 'active' as const, 'active' as const, 'active' as const, 'draft' as const), rules: some })))),
    beginning,
    sequences: fc.array(fc.array(round, { minLength: 1, maxLength: 3 }).map((rounds) => rounds.flat()), { minLength: 1, maxLength: 9, size: 'max' }),
  });
}

/** Worlds begin around the 28th to the 1st, 29 February, and nights in which clocks change. */
export const worlds: Arbitrary<World> = fc.constantFrom(...moments.map(worldsFrom)).chain((drawn) => drawn);
