export { alwaysMatches, meaningOf, neverMatches, type Settled } from './analysis/verdict.js';
export type {
  AgoDefinition, ConditionDefinition, DataType, EventConditionDefinition, EventFilterDefinition, FieldConditionDefinition,
  GroupDefinition, MeasureDefinition, NumberOperator, NumberTestDefinition, Period, RandomConditionDefinition,
  SegmentConditionDefinition, SegmentDefinition, Unit, WindowDefinition,
} from './definition.js';
export { faultCodes, type Fault, type FaultCode } from './faults.js';
export {
  MAX_CONDITIONS, MAX_DEPTH, MAX_REACHED_CONDITIONS, MAX_REFERENCE_DEPTH,
} from './limits.js';
export { parse, parseStored, zoneOfEngine, type Parsed, type ParseOptions, type ZoneOf } from './parse.js';
export {
  catalog, type Catalog, type CatalogEvent, type CatalogField, type CatalogOperator, type CatalogProperty,
} from './published/catalog.js';
export { jsonSchema } from './published/json-schema.js';
export { referencePage } from './published/reference-page.js';
export { breakdown, type Breakdown, type BrokenDownNode, type NodeCounts } from './readings/breakdown.js';
export { nodesOf } from './readings/conditions.js';
export { dependencies, expandedDependencies, timeDependent, type Dependencies } from './readings/dependencies.js';
export { evaluate, type EvaluationContext } from './readings/evaluate.js';
export { explain, type ExplainedCondition, type ExplainedGroup, type ExplainedNode, type Explanation } from './readings/explain.js';
export {
  campaignNames, textColumns, type ContactSnapshot, type EventSnapshot, type Override, type Reference, type References, type TextColumn,
} from './readings/memory/snapshot.js';
export { nextEdge, type NextEdge } from './readings/next-edge.js';
export { placeSql } from './readings/sql/place.js';
export { type TimedRule, timeMoved, type TimeMoved, timeMovedSql, type TimeStep } from './readings/time-edges.js';
export { breakdownSql, campaignsNamed, datesToCount, engagementAfter, engagementColumns, engagementOf, engagementSql, membersSql, selectFewDated, selectSpellings, type Spellings, type StatementOptions, verdictsSql, toText, type MembersOptions } from './readings/to-sql.js';
export { sql, type Sql } from './sql.js';
export { fold, foldedSql } from './fold.js';
export { operatorOf, operators, operatorsFor } from './registry/operators/index.js';
export type { Edge, Moment, OperatorRow, ValueShape } from './registry/operator.js';
export { addToDay, addToInstant, civil, formatDay, formatInstant, parseDay, type Day } from './time/calendar.js';
export { instantAt, isTimeZone, localDay, localTime, startOfDay } from './time/zones.js';
export { describe, describeNode } from './readings/describe.js';
export { resolveReferences, segmentsNamed } from './references.js';
export { eventRows, type EventRow } from './registry/events.js';
export { fieldRows, subscriptionStatuses, type FieldRow } from './registry/fields.js';
export { propertyRows, type PropertyRow } from './registry/properties.js';
export type {
  Condition, EventCondition, EventFilter, FieldCondition, FieldRef, Group, Measure, Node, NumberTest, PropertyRef,
  RandomCondition, Rule, SegmentCondition, Test, ValueType, Window, WindowEnd,
} from './rule.js';
export { readDay, readInstant } from './time/iso.js';
export { periods, unitLimits, units } from './time/points.js';
export type { CustomFieldTerm, CustomFieldType, EventTypeTerm, SegmentTerm, Vocabulary } from './vocabulary.js';
export { requiredSegments } from './templates/required.js';
export type { RequiredField, SegmentTemplate, TemplateRequirements } from './templates/template.js';
export { findTemplate, instantiateTemplate, templates, type MissingName, type TemplateIds } from './templates/templates.js';
