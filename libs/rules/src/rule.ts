import type { NumberOperator, Period, Unit } from './definition.js';
import type { CustomFieldType } from './vocabulary.js';

/**
 * The validated tree: kind-tagged, deeply frozen, everything resolved (own event types to their ids,
 * custom fields to theirs, defaults filled in), so that no reading has to look anything up or doubt anything.
 * `pointer` is the JSON Pointer of the node in its definition.
 */
export interface Rule {
  /** In the database's spelling. */
  readonly timezone: string;
  readonly match: 'all' | 'any';
  readonly groups: readonly Group[];
  readonly exclusions: readonly Group[];
}

export interface Group {
  readonly kind: 'group';
  readonly pointer: string;
  readonly match: 'all' | 'any';
  readonly negate: boolean;
  readonly conditions: readonly Node[];
}

export type Node = Group | Condition;
export type Condition = FieldCondition | EventCondition | SegmentCondition | RandomCondition;

export interface FieldCondition {
  readonly kind: 'field';
  readonly pointer: string;
  readonly field: FieldRef;
  readonly test: Test;
}

/** A row of the field registry, or the tenant's custom field. */
export type FieldRef =
  | { readonly source: 'contact' | 'engagement'; readonly name: string; readonly type: ValueType; readonly label: string }
  | {
      readonly source: 'custom'; readonly name: string; readonly type: ValueType; readonly label: string;
      readonly id: string; readonly customType: CustomFieldType;
    };

export type ValueType = 'string' | 'number' | 'boolean' | 'date' | 'datetime' | 'array';

/**
 * An operator of the registry with its value as the operator's shape has read it. `value` is `null` for
 * operators without one. What it is depends on the operator only (see `registry/value-shapes.ts`).
 */
export interface Test {
  readonly operator: string;
  readonly type: ValueType;
  readonly value: unknown;
}

export interface EventCondition {
  readonly kind: 'event';
  readonly pointer: string;
  /** As sent, for texts. */
  readonly events: readonly string[];
  /** As stored in `contact_event.type`: built-in key or own type's id; each once, sorted. */
  readonly types: readonly string[];
  readonly measure: Measure;
  readonly count: NumberTest;
  readonly window: Window | null;
  readonly pick: 'all' | 'first' | 'latest';
  readonly filters: readonly EventFilter[];
  readonly filterMatch: 'all' | 'any';
}

export type Measure =
  | { readonly fn: 'count' | 'revenue' | 'distinct_campaigns' | 'distinct_days' }
  | { readonly fn: 'sum' | 'avg' | 'min' | 'max' | 'distinct'; readonly property: PropertyRef };

/** `between` has two values, the others one. */
export interface NumberTest {
  readonly operator: NumberOperator;
  readonly values: readonly number[];
}

/** Instants are epoch milliseconds. */
export type WindowEnd = { readonly at: number } | { readonly ago: number; readonly unit: Unit };
export type Window =
  | { readonly kind: 'last'; readonly amount: number; readonly unit: Unit }
  | { readonly kind: 'olderThan'; readonly amount: number; readonly unit: Unit }
  | { readonly kind: 'range'; readonly from: WindowEnd | null; readonly to: WindowEnd | null }
  | { readonly kind: 'during'; readonly period: Period };

export interface EventFilter {
  readonly property: PropertyRef;
  readonly test: Test;
}

/**
 * A row of the event property registry, or a key of the event's own `properties`. Of the latter, `declared` says for
 * each own event type (by id) that declares the key the type it declares: a value of another type counts as unset there.
 */
export type PropertyRef =
  | { readonly kind: 'known'; readonly name: 'campaign.id' | 'campaign.name' | 'url' | 'device' | 'revenue' | 'hour' | 'weekday'; readonly type: 'string' | 'number' }
  | { readonly kind: 'own'; readonly name: string; readonly key: string; readonly declared: Readonly<Record<string, 'string' | 'number' | 'boolean'>> };

export interface SegmentCondition {
  readonly kind: 'segment';
  readonly pointer: string;
  /** Lower-case id. */
  readonly segment: string;
  readonly name: string;
  readonly negate: boolean;
}

export interface RandomCondition {
  readonly kind: 'random';
  readonly pointer: string;
  readonly salt: string;
  readonly from: number;
  readonly to: number;
}
