import { parse } from '../parse.js';
import { describe as say } from '../readings/describe.js';
import type { Vocabulary } from '../vocabulary.js';
import { dynamicSegment, segmentId } from '../../test/support/vocabulary.js';
import { requiredSegments } from './required.js';
import { instantiateTemplate, templates } from './templates.js';

const names = Object.keys(requiredSegments);
const segmentIds = new Map(names.map((name, index) => [name, segmentId(index)]));
const campaigns = new Map<string, string | string[]>([['Product Launch Q4', ['id', 'external']], ['Feature Announcement', 'id']]);
const fields = new Map(templates.flatMap(({ requires }) => requires.customFields).map((field) => [field.key, field]));
const vocabulary: Vocabulary = {
  customFields: [...fields.values()].map((field, index) => ({ options: [], ...field, id: segmentId(100 + index) })),
  eventTypes: [],
  segments: new Map(names.map((name) => [segmentIds.get(name)!, dynamicSegment(segmentIds.get(name)!, name, requiredSegments[name]!.rules)])),
};

describe('the templates', () => {
  test('are the 26 of the guide, in order, each with a key of its own', () => {
    expect(templates.map(({ number }) => number)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));
    expect(new Set(templates.map(({ key }) => key)).size).toBe(26);
  });

  test.each(templates.map((template) => [template.name, template] as const))('%s is sound once its names have ids', (_name, template) => {
    const { rules, missing } = instantiateTemplate(template, { segments: segmentIds, campaigns });
    expect(missing).toEqual([]);
    const { rule, faults } = parse(rules, vocabulary);
    expect(faults).toBeUndefined();
    expect(say(rule!)).not.toContain('undefined');
  });

  test.each(templates.map((template) => [template.name, template] as const))('%s requires what its rules name, and nothing else', (_name, template) => {
    const { missing } = instantiateTemplate(template, { segments: new Map(), campaigns: new Map() });
    const named = (kind: string) => [...new Set(missing.filter((name) => name.kind === kind).map(({ name }) => name))];
    expect(named('segment')).toEqual(template.requires.segments);
    expect(named('campaign')).toEqual(template.requires.campaigns);
    const keys = JSON.stringify(template.rules).match(/customField\.\w+/g) ?? [];
    expect([...new Set(keys)].map((key) => key.slice('customField.'.length)).sort()).toEqual(template.requires.customFields.map(({ key }) => key).sort());
  });

  test('tell where a name without an id stands', () => {
    const { missing } = instantiateTemplate(templates[15]!, { segments: new Map(), campaigns: new Map() });
    expect(missing[0]).toEqual({ kind: 'campaign', name: 'Product Launch Q4', path: '/groups/0/conditions/0/where/0/value' });
  });

  test.each(names)('the rules to begin with of “%s” are sound', (name) => {
    expect(parse(requiredSegments[name]!.rules, vocabulary).faults).toBeUndefined();
  });
});
