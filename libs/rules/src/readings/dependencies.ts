import { eventRows } from '../registry/events.js';
import { operatorOf } from '../registry/operators/index.js';
import type { Condition, EventCondition, PropertyRef, Rule } from '../rule.js';
import { conditionsOf, rulesReached } from './conditions.js';
import type { References } from './memory/snapshot.js';

/** What a rule rests on. Every list has each entry once, in the order of the rule. */
export interface Dependencies {
  /** Ids of segments. */
  readonly segments: readonly string[];
  /** Names of fields, custom ones as `customField.<key>`. */
  readonly fields: readonly string[];
  /** Ids of custom fields. */
  readonly customFields: readonly string[];
  /** Ids of the tenant's own event types. */
  readonly eventTypes: readonly string[];
  /** Whether renaming a campaign may change its members. */
  readonly campaignNames: boolean;
  readonly conditions: number;
}

const builtInTypes: ReadonlySet<string> = new Set(eventRows.map((row) => row.key));

/** What a rule names itself, other segments' rules apart. */
export function dependencies(rule: Rule): Dependencies {
  return gather([rule]);
}

/** What a rule rests on with its references expanded: all that its segments rest on as well. */
export function expandedDependencies(rule: Rule, references: References): Dependencies {
  return gather(rulesReached([rule], references));
}

/**
 * Whether membership can change with no new data. An event may lie before its time, so everything that counts events
 * changes when their time comes; of fields, only tests against the moment of evaluation do.
 */
export function timeDependent(rule: Rule, references: References): boolean {
  return rulesReached([rule], references).flatMap(conditionsOf).some(dependsOnTime);
}

function dependsOnTime(condition: Condition): boolean {
  if (condition.kind === 'event') return true;
  if (condition.kind !== 'field') return false;
  const { field, test } = condition;
  return field.source === 'engagement' || operatorOf(test.type, test.operator)?.timeDependent?.(test.value) === true;
}

function gather(rules: readonly Rule[]): Dependencies {
  const conditions = rules.flatMap(conditionsOf);
  const fields = conditions.flatMap((condition) => (condition.kind === 'field' ? [condition.field] : []));
  const events = conditions.flatMap((condition) => (condition.kind === 'event' ? [condition] : []));
  return {
    segments: once(conditions.flatMap((condition) => (condition.kind === 'segment' ? [condition.segment] : []))),
    fields: once(fields.map(({ name }) => name)),
    customFields: once(fields.flatMap((field) => (field.source === 'custom' ? [field.id] : []))),
    eventTypes: once(events.flatMap(({ types }) => types).filter((type) => !builtInTypes.has(type))),
    campaignNames: events.flatMap(propertiesOf).some((property) => property.kind === 'known' && property.name === 'campaign.name'),
    conditions: conditions.length,
  };
}

function propertiesOf({ filters, measure }: EventCondition): PropertyRef[] {
  return [...filters.map(({ property }) => property), ...('property' in measure ? [measure.property] : [])];
}

function once(values: readonly string[]): string[] {
  return [...new Set(values)];
}
