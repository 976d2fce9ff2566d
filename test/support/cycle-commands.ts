import fc, { type Arbitrary } from 'fast-check';
import type { ConditionDefinition, SegmentDefinition } from '#rules';
import { amounts, campaignIds, days, eventTypes, instants, numbers, options, revenues, texts, zones } from './worlds.js';

/** When every world begins: an hour and a half before the night in which Europe's clocks go forward. */
export const start = Date.parse('2026-03-28T22:30:00Z');
export const people = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}@example.com`);
export const iso = (at: number): string => new Date(at).toISOString();

/** What a client may do between two cycles, and the clock. `segment` is an index into the world's segments. */
export type Command =
  | { do: 'contacts'; rows: object[] }
  | { do: 'events'; rows: object[] }
  | { do: 'take back'; id: string }
  | { do: 'erase'; email: string }
  | { do: 'list'; method: 'POST' | 'DELETE'; emails: string[] }
  | { do: 'pin'; segment: number; overrides: { until: string | null }[] }
  | { do: 'campaign'; name: string; externalId: string | null }
  | { do: 'edit'; segment: number; rules: SegmentDefinition }
  | { do: 'life'; segment: number; verb: 'archive' | 'activate' }
  | { do: 'declare'; properties: object }
  | { do: 'clock'; amount: number; unit: 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years'; sign: number; by: number }
  | { do: 'edge'; by: number }
  | { do: 'midnight'; zone: string; by: number }
  | { do: 'end of a pin'; by: number }
  | { do: 'poison'; segment: number }
  | { do: 'cycle'; how: 'once' | 'twice at once' | 'while a writer waits' | 'killed' | 'beside a write'; at: number; email: string; country: string; write: Command | null };

const person = fc.constantFrom(...people);
const near = instants(start).filter((at) => at > Date.parse('1000-01-01') && at < Date.parse('3000-01-01'));

const profile = {
  country: fc.constantFrom(...texts, null), firstName: fc.constantFrom(...texts, null), timezone: fc.constantFrom(...zones, null),
  leadScore: fc.constantFrom(...numbers, null), tags: fc.subarray(texts, { maxLength: 3 }), createdAt: near.map(iso),
  subscriptionStatus: fc.constantFrom('active', 'unsubscribed', 'pending'),
  customFields: fc.record({
    text: fc.constantFrom(...texts, null), number: fc.constantFrom(...numbers, null), boolean: fc.constantFrom(true, false, null),
    date: days(start), datetime: near.map(iso), select: fc.constantFrom(...options, null), multi_select: fc.subarray(options),
  }, { requiredKeys: [] }),
};
const contactRow = fc.record({ email: person, ...profile }, { requiredKeys: ['email'] });

const eventRow = fc.record({
  id: fc.nat(40).map((n) => `e${n}`), email: person, type: fc.constantFrom(...eventTypes, 'opened', 'sent', 'own'), occurredAt: near.map(iso),
  campaignId: fc.constantFrom(...campaignIds.filter((id) => id !== '')), device: fc.constantFrom('mobile', 'desktop'), url: fc.constantFrom(...texts),
  revenue: fc.constantFrom(...revenues), properties: fc.dictionary(fc.constantFrom('plan', 'amount', 'flag'), fc.constantFrom('pro', 5, true)),
}, { requiredKeys: ['id', 'email', 'type', 'occurredAt'] });

const soon = fc.constantFrom(1, 30, 60, 120, 1440, 1441, 10_080).map((minutes) => start + minutes * 60_000);
const override = fc.record({ email: person, pin: fc.constantFrom('in', 'in', 'out', 'out', null), until: fc.option(fc.oneof(soon, soon, near).map(iso), { freq: 4 }) });

/** What a world begins with, so that time and edits have something to move: everybody's profile, and two events of each. */
export const beginning: Arbitrary<readonly Command[]> = fc.record({
  contacts: fc.tuple(...people.map((email) => fc.record({ email: fc.constant(email), ...profile }))),
  events: fc.array(eventRow, { minLength: 16, maxLength: 16 }),
}).map(({ contacts, events }) => [{ do: 'contacts', rows: contacts }, { do: 'events', rows: events }]);

export const plainly: Command = { do: 'cycle', how: 'once', at: 0, email: '', country: '', write: null };

function cycle(writes: Arbitrary<Command>): Arbitrary<Command> {
  return fc.record({
    do: fc.constant('cycle' as const),
    how: fc.constantFrom('once' as const, 'once' as const, 'twice at once' as const, 'while a writer waits' as const, 'killed' as const, 'beside a write' as const, 'beside a write' as const),
    at: fc.integer({ min: 1, max: 40 }), email: person, country: fc.constantFrom(...texts), write: writes,
  });
}

export function command(segments: number, rules: Arbitrary<SegmentDefinition>): Arbitrary<Command> {
  const segment = fc.nat(segments - 1);
  const writes: Arbitrary<Command> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('contacts' as const), rows: fc.array(contactRow, { minLength: 1, maxLength: 4 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('events' as const), rows: fc.array(eventRow, { minLength: 1, maxLength: 8 }) }) },
    fc.record({ do: fc.constant('take back' as const), id: fc.nat(40).map((n) => `e${n}`) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('erase' as const), email: person }) },
    fc.record({ do: fc.constant('list' as const), method: fc.constantFrom('POST' as const, 'DELETE' as const), emails: fc.subarray(people, { minLength: 1, maxLength: 3 }) }),
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pin' as const), segment, overrides: fc.uniqueArray(override, { minLength: 1, maxLength: 2, selector: ({ email }) => email }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('campaign' as const), name: fc.constantFrom('Product', 'news', texts[0]!), externalId: fc.constantFrom('news', 'gone', null) }) },
    fc.record({ do: fc.constant('edit' as const), segment, rules }),
    { weight: 3, arbitrary: fc.record({ do: fc.constant('life' as const), segment, verb: fc.constantFrom('archive' as const, 'activate' as const) }) },
    fc.record({ do: fc.constant('declare' as const), properties: fc.constantFrom({}, { plan: 'string' }, { plan: 'number', amount: 'number' }) }),
  );
  return fc.oneof(
    { weight: 20, arbitrary: writes },
    { weight: 7, arbitrary: fc.record({ do: fc.constant('clock' as const), step: fc.constantFrom(...amounts.slice(0, 9)), sign: fc.constantFrom(1, 1, 1, -1), by: fc.constantFrom(0, 0, 1, -1) })
      .map(({ step, sign, by }) => ({ do: 'clock' as const, ...step, sign, by })) },
    // Half of the steps of the clock go to where something happens, and a millisecond before or after it.
    { weight: 5, arbitrary: fc.record({ do: fc.constant('edge' as const), by: fc.constantFrom(-1, 0, 0, 1) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('midnight' as const), zone: fc.constantFrom('UTC', 'America/Sao_Paulo', 'Europe/Berlin'), by: fc.constantFrom(-1, 0, 1) }) },
    // Among all the edges of the data the clock met hardly one of these.
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end of a pin' as const), by: fc.constantFrom(-1, 0, 0, 1) }) },
    fc.record({ do: fc.constant('poison' as const), segment }),
    { weight: 8, arbitrary: cycle(writes) },
  );
}

const length = fc.constantFrom(...amounts.slice(1, 9)).filter(({ unit }) => unit !== 'hours' && unit !== 'minutes');

/** One condition that time, the name of a campaign or what an event type declares alone makes true or false: lengths are those that instants and clock steps are drawn of. */
export const telling: Arbitrary<SegmentDefinition> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<ConditionDefinition>({ event: [...eventTypes, 'own'], where: [{ property: 'campaign.name', operator: 'equals', value: 'news' }] }) },
  fc.constant<ConditionDefinition>({ event: ['own'], where: [{ property: 'properties.plan', operator: 'is_set' }] }),
  fc.record({ event: fc.constantFrom(...eventTypes, 'opened', 'own'), window: length.map(({ amount, unit }) => ({ last: amount, unit })) }),
  fc.record({ event: fc.constantFrom('opened', 'sent', 'clicked'), window: length.map(({ amount, unit }) => ({ olderThan: amount, unit })) }),
  fc.record({ event: fc.constantFrom('opened', 'sent', 'clicked') }),
  fc.record({
    field: fc.constantFrom('contact.created_at', 'customField.datetime', 'customField.date', 'engagement.last_sent_at', 'engagement.last_activity_at'),
    operator: fc.constantFrom('within_last', 'more_than_ago', 'within_next', 'more_than_from_now'), value: length,
  }),
  fc.record({ field: fc.constantFrom('contact.created_at', 'customField.date'), operator: fc.constant('during'), value: fc.constantFrom('today', 'this_week', 'last_month') }),
).map((condition) => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] }));

/** Nothing but the membership of a list, or of the segment made before. */
export function follower(_: number, segments: readonly string[]): Arbitrary<SegmentDefinition> {
  const conditions = fc.record({ segment: fc.constantFrom(...segments.slice(0, 1), ...segments.slice(-1)), operator: fc.constantFrom('in' as const, 'not_in' as const) }).map((condition) => [condition]);
  return conditions.map((some) => ({ match: 'all', groups: [{ match: 'all', conditions: some }] }));
}
