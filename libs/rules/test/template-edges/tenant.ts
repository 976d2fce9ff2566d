import type { SegmentDefinition } from '../../src/definition.js';
import { requiredSegments } from '../../src/templates/required.js';
import { findTemplate, instantiateTemplate, templates } from '../../src/templates/templates.js';
import type { CustomFieldTerm, SegmentTerm, Vocabulary } from '../../src/vocabulary.js';
import { dynamicSegment, segmentId } from '../support/vocabulary.js';

/** The tenant that the templates are instantiated for. */
const required = new Map(templates.flatMap(({ requires }) => requires.customFields).map((field) => [field.key, field]));

export const customFields: readonly CustomFieldTerm[] = [...required.values()]
  .map((field, index) => ({ options: [], ...field, id: segmentId(100 + index) }));

/** A campaign's id has letters, so that their case can differ. */
const campaignId = (last: string): string => `00000000-0000-4000-8000-0000000ca${last.padStart(3, '0')}`;

/** Events call the first by two names, the second by one; the others differ in what their names, or external ids, contain. */
export const campaigns = [
  { id: campaignId('1'), externalId: 'launch-q4', name: 'Product Launch Q4' },
  { id: campaignId('2'), externalId: null, name: 'Feature Announcement' },
  { id: campaignId('3'), externalId: 'news', name: 'Newsletter' },
  { id: campaignId('4'), externalId: 'ours', name: 'Our PRODUCT news' },
  { id: campaignId('5'), externalId: 'Product', name: 'Weekly' },
  { id: campaignId('6'), externalId: 'cut-short', name: 'New Produc' },
  { id: campaignId('7'), externalId: 'beheaded', name: 'roduct news' },
  { id: campaignId('8'), externalId: 'in-the-end', name: 'The new product' },
] as const;

export const [LAUNCH, ANNOUNCEMENT, NEWSLETTER] = campaigns.map(({ id }) => id) as [string, string, string];

export const requiredNames: readonly string[] = Object.keys(requiredSegments);
export const segmentIds: ReadonlyMap<string, string> = new Map(requiredNames.map((name, index) => [name, segmentId(index)]));

/** The id of the one static segment. */
export const LIST = segmentId(50);

export const vocabulary: Vocabulary = {
  customFields,
  eventTypes: [],
  segments: new Map<string, SegmentTerm>([
    ...requiredNames.map((name) => dynamicSegment(segmentIds.get(name)!, name, requiredSegments[name]!.rules)),
    { id: LIST, name: 'A list', type: 'static', definition: null } satisfies SegmentTerm,
  ].map((segment) => [segment.id, segment])),
};

/** All that has edges: the keys of the templates, and the names of the segments that they require. */
export const subjects: readonly string[] = [...templates.map(({ key }) => key), ...requiredNames];

/** A template's rules with the tenant's ids, the static list in the place of the segment of that name; or a required segment's. */
export function definitionOf(subject: string, list?: string): SegmentDefinition {
  const template = findTemplate(subject);
  if (template === undefined) return requiredSegments[subject]!.rules;
  const names = new Map<string, string[]>(campaigns.map(({ id, externalId, name }) => [name, externalId === null ? [id] : [id, externalId]]));
  return instantiateTemplate(template, {
    segments: list === undefined ? segmentIds : new Map([...segmentIds, [list, LIST]]),
    campaigns: names,
  }).rules;
}
