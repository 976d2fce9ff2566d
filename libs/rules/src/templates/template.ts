import type {
  ConditionDefinition, EventFilterDefinition, GroupDefinition, SegmentDefinition, Unit,
} from '../definition.js';
import type { CustomFieldType } from '../vocabulary.js';

/** A segment ready to be made: its rules name other segments and campaigns by placeholders. */
export interface SegmentTemplate {
  readonly key: string;
  /** In the guide. */
  readonly number: number;
  readonly name: string;
  readonly description: string;
  readonly rules: SegmentDefinition;
  readonly requires: TemplateRequirements;
}

/** What has to be there before the rules mean anything; segments and campaigns by name. */
export interface TemplateRequirements {
  readonly customFields: readonly RequiredField[];
  readonly segments: readonly string[];
  readonly campaigns: readonly string[];
}

export interface RequiredField {
  readonly key: string;
  readonly label: string;
  readonly type: CustomFieldType;
  readonly options?: readonly string[];
}

export type PlaceholderKind = 'segment' | 'campaign';

const PLACEHOLDER = /^\{\{(segment|campaign):([^{}]+)\}\}$/;

/** What stands in a template's rules for an id. */
export function placeholder(kind: PlaceholderKind, name: string): string {
  return `{{${kind}:${name}}}`;
}

export function readPlaceholder(text: string): { kind: PlaceholderKind; name: string } | null {
  const [, kind, name] = PLACEHOLDER.exec(text) ?? [];
  return name === undefined ? null : { kind: kind === 'segment' ? 'segment' : 'campaign', name };
}

export const all = (...conditions: GroupDefinition['conditions']): GroupDefinition => ({ match: 'all', conditions });
export const any = (...conditions: GroupDefinition['conditions']): GroupDefinition => ({ match: 'any', conditions });

/** Rules whose groups all have to hold. */
export const rules = (...groups: GroupDefinition[]): SegmentDefinition => ({ version: 1, match: 'all', groups });

export const field = (name: string, operator: string, value: unknown): ConditionDefinition => ({ field: name, operator, value });

export const within = (name: string, amount: number, unit: Unit = 'days'): ConditionDefinition => field(name, 'within_last', { amount, unit });

export const moreThanAgo = (name: string, amount: number, unit: Unit = 'days'): ConditionDefinition =>
  field(name, 'more_than_ago', { amount, unit });

export const inSegment = (name: string): ConditionDefinition => ({ segment: placeholder('segment', name), operator: 'in' });

/** At least so many events in the last days. */
export const atLeast = (count: number, event: string, days: number): ConditionDefinition => ({
  event, count: { operator: 'greater_or_equal', value: count }, window: { last: days, unit: 'days' },
});

/** No event that passes the filters. */
export const never = (event: string, ...where: EventFilterDefinition[]): ConditionDefinition => ({
  event, count: { operator: 'equals', value: 0 }, where,
});

export const ofCampaign = (name: string): EventFilterDefinition => ({
  property: 'campaign.id', operator: 'equals', value: placeholder('campaign', name),
});

/** A template of the guide; what it does not require is left out. */
export function template(
  number: number, key: string, name: string, description: string, definition: SegmentDefinition, requires: Partial<TemplateRequirements> = {},
): SegmentTemplate {
  return { key, number, name, description, rules: definition, requires: { customFields: [], segments: [], campaigns: [], ...requires } };
}
