import { pointerTo } from '#kernel';
import type { SegmentDefinition } from '../definition.js';
import { engagementTemplates } from './engagement.js';
import { profileTemplates } from './profile.js';
import { readPlaceholder, type PlaceholderKind, type SegmentTemplate } from './template.js';

/** The guide's 26 segments, in its order. */
export const templates: readonly SegmentTemplate[] = [...profileTemplates, ...engagementTemplates].sort((a, b) => a.number - b.number);

const templatesByKey: ReadonlyMap<string, SegmentTemplate> = new Map(templates.map((template) => [template.key, template]));

export function findTemplate(key: string): SegmentTemplate | undefined {
  return templatesByKey.get(key);
}

/** What the names in a template stand for. */
export interface TemplateIds {
  /** Ids by the names of segments. */
  readonly segments: ReadonlyMap<string, string>;
  /** By the names of campaigns, what events may call them: the id, and the external id where there is one. */
  readonly campaigns: ReadonlyMap<string, string | readonly string[]>;
}

/** A name for which no id was given, and where in the rules it stands. */
export interface MissingName {
  readonly kind: PlaceholderKind;
  readonly name: string;
  readonly path: string;
}

/** A template's rules with ids for its names; names without one stay as they are and are told. */
export function instantiateTemplate(template: SegmentTemplate, ids: TemplateIds): { rules: SegmentDefinition; missing: readonly MissingName[] } {
  const missing: MissingName[] = [];
  const rules = fill(template.rules, '', ids, missing) as SegmentDefinition;
  return { rules, missing };
}

function fill(json: unknown, path: string, ids: TemplateIds, missing: MissingName[]): unknown {
  if (typeof json === 'string') return resolve(json, path, ids, missing);
  if (Array.isArray(json)) return json.map((item: unknown, index) => fill(item, pointerTo(path, index), ids, missing));
  if (typeof json !== 'object' || json === null) return json;
  const filled = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fill(value, pointerTo(path, key), ids, missing)]));
  // A campaign that events call by several names.
  return Array.isArray(filled['value']) && filled['operator'] === 'equals' ? { ...filled, operator: 'in' } : filled;
}

function resolve(text: string, path: string, ids: TemplateIds, missing: MissingName[]): unknown {
  const found = readPlaceholder(text);
  if (found === null) return text;
  const id = (found.kind === 'segment' ? ids.segments : ids.campaigns).get(found.name);
  if (id !== undefined) return typeof id === 'string' ? id : [...id];
  missing.push({ ...found, path });
  return text;
}
