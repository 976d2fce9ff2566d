import { fold } from '../fold.js';
import { fieldRow } from '../registry/fields.js';
import { operatorOf } from '../registry/operators/index.js';
import type { Condition, EventCondition, EventFilter, FieldCondition, RandomCondition, SegmentCondition, Test } from '../rule.js';
import { complementOf, type NumberDomain, type NumberSet, setOf, textOf, within } from './number-set.js';

/**
 * What one condition says, in a form that the same claim always has: about whom (`subject`), and either the set of numbers
 * that it may be, or an operator with its value and whether it must hold or must not.
 */
export interface Claim {
  readonly subject: string;
  readonly condition: Condition;
  /** Whether it is the negation of the condition, for words. */
  readonly flipped: boolean;
  readonly what:
    | { readonly kind: 'numbers'; readonly set: NumberSet; readonly domain: NumberDomain }
    | { readonly kind: 'test'; readonly operator: string; readonly value: unknown; readonly negative: boolean; readonly domain: { readonly unset: boolean } };
}

export function claimOf(condition: Condition, timezone: string): Claim {
  switch (condition.kind) {
    case 'field': return fieldClaim(condition, timezone);
    case 'event': return eventClaim(condition, timezone);
    case 'segment': return segmentClaim(condition);
    case 'random': return randomClaim(condition);
  }
}

export function negated(claim: Claim): Claim {
  const { what, flipped } = claim;
  return {
    ...claim, flipped: !flipped,
    what: what.kind === 'numbers' ? { ...what, set: within(complementOf(what.set), what.domain) } : { ...what, negative: !what.negative },
  };
}

/** The same for the same claim, however it was written. */
export function keyOf({ subject, what }: Claim): string {
  return what.kind === 'numbers' ? `${subject} ${textOf(what.set)}` : JSON.stringify([subject, what.operator, what.value, what.negative]);
}

/** Counted from events, where nothing is 0 and never missing. */
const counts = new Set(['emails_sent', 'emails_delivered', 'total_opens', 'total_clicks', 'total_replies', 'total_conversions', 'total_bounces'].map((name) => `engagement.${name}`));
const anyNumber: NumberDomain = { whole: false, least: -Infinity, unset: true };
const count: NumberDomain = { whole: true, least: 0, unset: false };

function fieldClaim(condition: FieldCondition, timezone: string): Claim {
  const { field, test } = condition;
  const name = field.source === 'custom' ? field.id : field.name;
  const timed = test.type === 'date' || test.type === 'datetime';
  const subject = `${field.source} ${name} ${test.type}${timed ? ` ${timezone}` : ''}`;
  const { operator, value, negative } = positiveOf(test);
  const set = test.type === 'number' ? setOf(operator, value) : undefined;
  const unset = fieldRow(field.name)?.neverUnset !== true;
  if (set === undefined) return { subject, condition, flipped: false, what: { kind: 'test', operator, value, negative, domain: { unset } } };
  const domain = counts.has(field.name) ? count : { ...anyNumber, unset };
  return { subject, condition, flipped: false, what: { kind: 'numbers', domain, set: within(negative ? complementOf(set) : set, domain) } };
}

/** The positive twin with its value written in one way: folded, each once, in order; a list of one is the one. */
function positiveOf({ type, operator, value }: Test): { operator: string; value: unknown; negative: boolean } {
  const row = operatorOf(type, operator)!;
  const name = row.positive?.name ?? row.name;
  const negative = row.negative === true;
  const folded = type === 'string' || type === 'array' ? foldedValue(value) : value;
  if (!Array.isArray(folded) || type === 'number') return { operator: name, value: folded, negative };
  if (folded.length !== 1) return { operator: name, value: folded, negative };
  const single: Readonly<Record<string, string>> = { in: 'equals', contains_any: 'contains', contains_all: 'contains' };
  return name in single ? { operator: single[name] ?? name, value: folded[0], negative } : { operator: name, value: folded, negative };
}

function foldedValue(value: unknown): unknown {
  if (typeof value === 'string') return fold(value);
  return Array.isArray(value) ? [...new Set(value.map((each) => fold(String(each))))].sort() : value;
}

/** What is measured of which events, the window left out. */
export function measuredOf(condition: EventCondition): string {
  const filters = condition.filters.map(filterKey).sort();
  return JSON.stringify([condition.types, condition.measure, condition.pick, filters, filters.length > 1 ? condition.filterMatch : 'all']);
}

function filterKey({ property, test }: EventFilter): string {
  const { operator, value, negative } = positiveOf(test);
  return JSON.stringify([property.kind, property.name, test.type, operator, value, negative]);
}

function eventClaim(condition: EventCondition, timezone: string): Claim {
  const { measure, window } = condition;
  const calendar = window?.kind === 'during' || measure.fn === 'distinct_days';
  const subject = `event ${measuredOf(condition)} ${JSON.stringify(window)}${calendar ? ` ${timezone}` : ''}`;
  const [first, second] = condition.count.values;
  const { operator, value, negative } = positiveOf({ type: 'number', operator: condition.count.operator, value: second === undefined ? first : [first, second] });
  const set = setOf(operator, value)!;
  const domain = ['count', 'distinct_campaigns', 'distinct_days', 'distinct'].includes(measure.fn) ? count
    : { ...anyNumber, unset: ['avg', 'min', 'max'].includes(measure.fn) };
  return { subject, condition, flipped: false, what: { kind: 'numbers', domain, set: within(negative ? complementOf(set) : set, domain) } };
}

function segmentClaim(condition: SegmentCondition): Claim {
  return { subject: `segment ${condition.segment}`, condition, flipped: false, what: { kind: 'test', operator: 'in', value: null, negative: condition.negate, domain: { unset: false } } };
}

/** The place of a contact lies in [0, 100), and is never missing. */
function randomClaim(condition: RandomCondition): Claim {
  const domain: NumberDomain = { whole: false, least: 0, unset: false };
  // Everybody's place lies below 100, so that up to there is up to any number.
  const set: NumberSet = { spans: [[[condition.from, 0], condition.to >= 100 ? [Infinity, 1] : [condition.to, 0]]], unset: false };
  return { subject: `random ${condition.salt}`, condition, flipped: false, what: { kind: 'numbers', domain, set: within(set, domain) } };
}
