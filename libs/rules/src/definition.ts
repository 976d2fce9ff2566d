/** A segment's rules as they are sent, stored and exported: the JSON of version 1 of the rule language. */
export interface SegmentDefinition {
  version?: 1;
  /** IANA name; calendar-day comparisons use it. Default `UTC`. */
  timezone?: string;
  match: 'all' | 'any';
  /** `[]` matches every contact, whatever `match` says; exclusions still apply. */
  groups: GroupDefinition[];
  /** A contact that matches ANY of these is left out. */
  exclusions?: GroupDefinition[];
}

export interface GroupDefinition {
  match: 'all' | 'any';
  negate?: boolean;
  conditions: (ConditionDefinition | GroupDefinition)[];
}

export type ConditionDefinition =
  | FieldConditionDefinition
  | EventConditionDefinition
  | SegmentConditionDefinition
  | RandomConditionDefinition;

export interface FieldConditionDefinition {
  field: string;
  operator: string;
  value?: unknown;
  dataType?: DataType;
}

export interface EventConditionDefinition {
  event: string | string[];
  count?: NumberTestDefinition;
  measure?: MeasureDefinition;
  window?: WindowDefinition;
  pick?: 'all' | 'first' | 'latest';
  where?: EventFilterDefinition[];
  whereMatch?: 'all' | 'any';
}

export interface SegmentConditionDefinition {
  segment: string;
  operator: 'in' | 'not_in';
}

export interface RandomConditionDefinition {
  random: { salt: string; from: number; to: number };
}

export type NumberOperator =
  'equals' | 'not_equals' | 'greater_than' | 'greater_or_equal' | 'less_than' | 'less_or_equal' | 'between';

export interface NumberTestDefinition {
  operator: NumberOperator;
  value: number | [number, number];
}

export type MeasureDefinition =
  | 'count' | 'revenue' | 'distinct_campaigns' | 'distinct_days'
  | { fn: 'sum' | 'avg' | 'min' | 'max' | 'distinct'; property: string };

export type Unit = 'minutes' | 'hours' | 'days' | 'weeks' | 'months' | 'years';

export interface AgoDefinition { ago: number; unit: Unit }

export type WindowDefinition =
  | { last: number; unit: Unit }
  | { olderThan: number; unit: Unit }
  | { from?: string | AgoDefinition; to?: string | AgoDefinition }
  | { during: Period };

export type Period =
  | 'today' | 'yesterday' | 'tomorrow'
  | `${'this' | 'last' | 'next'}_${'week' | 'month' | 'quarter' | 'year'}`;

export interface EventFilterDefinition { property: string; operator: string; value?: unknown }

export type DataType = 'string' | 'number' | 'boolean' | 'date' | 'datetime' | 'array';
