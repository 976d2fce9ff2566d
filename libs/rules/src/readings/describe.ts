import type { NumberOperator } from '../definition.js';
import { eventRows } from '../registry/events.js';
import { operatorOf } from '../registry/operators/index.js';
import { sayAmount, sayInstant, sayPeriod } from '../registry/operators/words.js';
import { OWN_PREFIX, propertyRows } from '../registry/properties.js';
import type { Condition, EventCondition, Group, Measure, Node, NumberTest, PropertyRef, Rule, Test, Window, WindowEnd } from '../rule.js';

/** Longer lists of values are cut; nobody reads ten thousand. */
const SAID_VALUES = 10;

const joins = { all: ' and ', any: ' or ' } as const;

/** A rule in plain words: “Country is United States and Lead score is greater than 50”. */
export function describe(rule: Rule): string {
  const included = rule.groups.length === 0 ? 'Every contact' : joined(rule.groups, rule.match);
  if (rule.exclusions.length === 0) return included;
  return `${included}, except those where ${joined(rule.exclusions, 'any')}`;
}

/** One condition or group of it in plain words. */
export function describeNode(node: Node): string {
  return node.kind === 'group' ? describeGroup(node) : describeCondition(node);
}

function describeGroup({ conditions, match, negate }: Group): string {
  if (conditions.length === 0) return (match === 'all') === negate ? 'no contact' : 'every contact';
  const text = joined(conditions, match);
  return negate ? `not (${text})` : text;
}

/** Parts that are joined by a word themselves are put in brackets where they stand among others. */
function joined(nodes: readonly Node[], match: 'all' | 'any'): string {
  if (nodes.length === 1) return nodes.map(describeNode).join('');
  return nodes.map((node) => (isCompound(node) ? `(${describeNode(node)})` : describeNode(node))).join(joins[match]);
}

function isCompound(node: Node): boolean {
  if (node.kind !== 'group' || node.negate) return false;
  const [only] = node.conditions;
  return node.conditions.length > 1 || (only !== undefined && isCompound(only));
}

function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'field': return `${condition.field.label} ${sayTest(condition.test)}`;
    case 'event': return describeEvents(condition);
    case 'segment': return `Is ${condition.negate ? 'not ' : ''}a member of “${condition.name}”`;
    case 'random': return `Falls between ${condition.from} % and ${condition.to} % of the random order “${condition.salt}”`;
  }
}

function sayTest({ type, operator, value }: Test): string {
  const row = operatorOf(type, operator);
  if (row === undefined) return operator;
  const isLongList = Array.isArray(value) && value.length > SAID_VALUES;
  if (!isLongList) return row.say(value);
  return `${row.say(value.slice(0, SAID_VALUES))} and ${value.length - SAID_VALUES} more`;
}

function describeEvents(condition: EventCondition): string {
  const { measure, count, window, pick, filters, filterMatch } = condition;
  const types = condition.events.map(labelOf).join(' or ');
  const parts = [measure.fn === 'count' ? sayCount(types, count) : `${sayMeasure(measure)} of ${types} ${sayNumber(count)}`];
  if (window !== null) parts.push(sayWindow(window));
  if (filters.length > 0) {
    const said = filters.map(({ property, test }) => `${propertyLabel(property)} ${sayTest(test)}`);
    parts.push(`where ${filters.length > 1 ? `(${said.join(joins[filterMatch])})` : said.join('')}`);
  }
  if (pick !== 'all') parts.push(`(only the ${pick} event counts)`);
  return parts.join(' ');
}

function labelOf(event: string): string {
  return eventRows.find((row) => row.key === event)?.label ?? event;
}

function propertyLabel(property: PropertyRef): string {
  if (property.kind === 'own') return property.name.slice(OWN_PREFIX.length);
  return propertyRows.find((row) => row.name === property.name)?.label ?? property.name;
}

function sayCount(types: string, { operator, values }: NumberTest): string {
  const [first = 0, second = 0] = values;
  if (operator === 'equals' && first === 0) return `Not ${types}`;
  if (operator === 'greater_or_equal' && first === 1) return types;
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
  const said: Record<NumberOperator, string> = {
    equals: `exactly ${times(first)}`,
    not_equals: `not exactly ${times(first)}`,
    greater_than: `more than ${times(first)}`,
    greater_or_equal: `at least ${times(first)}`,
    less_than: `less than ${times(first)}`,
    less_or_equal: `at most ${times(first)}`,
    between: `${first} to ${second} times`,
  };
  return `${types} ${said[operator]}`;
}

function sayNumber({ operator, values }: NumberTest): string {
  return operatorOf('number', operator)?.say(operator === 'between' ? values : values[0]) ?? operator;
}

function sayMeasure(measure: Measure): string {
  switch (measure.fn) {
    case 'count': return 'Number';
    case 'revenue': return 'Revenue';
    case 'distinct_campaigns': return 'Number of different campaigns';
    case 'distinct_days': return 'Number of different days';
    case 'sum': return `Sum of ${propertyLabel(measure.property)}`;
    case 'avg': return `Average ${propertyLabel(measure.property)}`;
    case 'min': return `Smallest ${propertyLabel(measure.property)}`;
    case 'max': return `Greatest ${propertyLabel(measure.property)}`;
    case 'distinct': return `Number of different values of ${propertyLabel(measure.property)}`;
  }
}

function sayWindow(window: Window): string {
  switch (window.kind) {
    case 'last': return `in the last ${sayAmount(window)}`;
    case 'olderThan': return `more than ${sayAmount(window)} ago`;
    case 'during': return window.period.includes('_') ? `during ${sayPeriod(window.period)}` : sayPeriod(window.period);
    case 'range': return [sayEnd('from', window.from), sayEnd('to', window.to)].filter((end) => end !== '').join(' ');
  }
}

function sayEnd(word: string, end: WindowEnd | null): string {
  if (end === null) return '';
  return `${word} ${'at' in end ? sayInstant(end.at) : `${sayAmount({ amount: end.ago, unit: end.unit })} ago`}`;
}
