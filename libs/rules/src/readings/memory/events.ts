import { sum, type Quantity } from '../../exact.js';
import { fold } from '../../fold.js';
import type { Moment } from '../../registry/operator.js';
import { operatorOf } from '../../registry/operators/index.js';
import type { EventCondition, EventFilter, Measure, PropertyRef } from '../../rule.js';
import { lies } from '../../time/spans.js';
import { spanOfWindow } from '../../time/windows.js';
import { localDay, localTime } from '../../time/zones.js';
import { compareEvents, type ContactSnapshot, type EventSnapshot } from './snapshot.js';
import { holdsOf, isUnset } from './tests.js';

type Scalar = string | number | boolean;

/** The measure of an event condition; `null` where nothing was there to measure. */
export function measured(condition: EventCondition, contact: ContactSnapshot, moment: Moment): number | Quantity | null {
  return aggregate(condition.measure, counted(condition, contact, moment), contact, moment);
}

/** Whether the measure passes the condition's test; one that is unset passes negative tests only. */
export function passes(condition: EventCondition, measure: number | Quantity | null, moment: Moment): boolean {
  const { operator, values } = condition.count;
  const row = operatorOf('number', operator)!;
  return holdsOf(row, measure, operator === 'between' ? values : values[0], moment);
}

function counted(condition: EventCondition, contact: ContactSnapshot, moment: Moment): EventSnapshot[] {
  const span = spanOfWindow(condition.window, moment);
  const events = contact.events
    .filter(({ type, occurredAt }) => condition.types.includes(type) && occurredAt <= moment.asOf && lies(occurredAt, span))
    .sort(compareEvents);
  const picked = { all: events, first: events.slice(0, 1), latest: events.slice(-1) }[condition.pick];
  const { filters, filterMatch } = condition;
  if (filters.length === 0) return picked;
  const fits = (event: EventSnapshot) => (filter: EventFilter): boolean => filterHolds(filter, event, contact, moment);
  return picked.filter((event) => filterMatch === 'all' ? filters.every(fits(event)) : filters.some(fits(event)));
}

function filterHolds({ property, test }: EventFilter, event: EventSnapshot, contact: ContactSnapshot, moment: Moment): boolean {
  const row = operatorOf(test.type, test.operator)!;
  const value = propertyOf(property, event, contact);
  // Presence is of any type; every other test is of one type, and a value of another counts as unset.
  const typed = property.kind === 'known' || row.value.name === 'none' || typeof value === test.type ? value : null;
  return holdsOf(row, typed, test.value, moment);
}

function propertyOf(property: PropertyRef, event: EventSnapshot, contact: ContactSnapshot): Scalar | null {
  if (property.kind === 'own') {
    const value = Object.hasOwn(event.properties, property.key) ? event.properties[property.key] : null;
    const declared = Object.hasOwn(property.declared, event.type) ? property.declared[event.type] : typeof value;
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isScalar && typeof value === declared && !isUnset(value) ? value : null;
  }
  switch (property.name) {
    case 'campaign.id': return event.campaignId || null;
    case 'campaign.name': return (event.campaignId && contact.campaigns.get(event.campaignId)) || null;
    case 'url': return event.url || null;
    case 'device': return event.device || null;
    case 'revenue': return event.revenue;
    case 'hour': return localTime(event.occurredAt, contact.zone).hour;
    case 'weekday': return localTime(event.occurredAt, contact.zone).weekday;
  }
}

function aggregate(
  measure: Measure, events: readonly EventSnapshot[], contact: ContactSnapshot, { timezone }: Moment,
): number | Quantity | null {
  if (!('property' in measure)) {
    switch (measure.fn) {
      case 'count': return events.length;
      case 'revenue': return sum(events.map(({ revenue }) => revenue ?? 0));
      case 'distinct_campaigns': return new Set(events.map(({ campaignId }) => campaignId).filter(Boolean)).size;
      case 'distinct_days': return new Set(events.map(({ occurredAt }) => localDay(occurredAt, timezone))).size;
    }
  }
  const values = events.map((event) => propertyOf(measure.property, event, contact)).filter((value) => value !== null);
  if (measure.fn === 'distinct') {
    return new Set(values.map((value) => (typeof value === 'string' ? `“${fold(value)}` : String(value)))).size;
  }
  const numbers = values.filter((value) => typeof value === 'number');
  if (measure.fn === 'sum') return sum(numbers);
  if (numbers.length === 0) return null;
  if (measure.fn === 'avg') return { ...sum(numbers), n: BigInt(numbers.length) };
  return numbers.reduce((a, b) => (measure.fn === 'min' ? Math.min(a, b) : Math.max(a, b)));
}
