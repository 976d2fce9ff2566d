import { MAX_CONDITIONS, MAX_DEPTH, MAX_REACHED_CONDITIONS, MAX_REFERENCE_DEPTH } from '../limits.js';
import { measureFunctions, numberOperators, plainMeasures } from '../parse/event-condition.js';
import { valueTypes } from '../registry/data-types.js';
import { eventRows } from '../registry/events.js';
import { CUSTOM_PREFIX, fieldRows } from '../registry/fields.js';
import type { OperatorRow } from '../registry/operator.js';
import { operatorsFor } from '../registry/operators/index.js';
import { OWN_PREFIX, propertyRows } from '../registry/properties.js';
import { MAX_LIST_LENGTH, MAX_TEXT_LENGTH } from '../registry/value-shapes.js';
import type { ValueType } from '../rule.js';
import { periods, unitLimits } from '../time/points.js';
import { templates } from '../templates/templates.js';

const code = (text: string): string => `\`${text}\``;
const codes = (texts: readonly string[]): string => texts.map(code).join(' ');
const cell = (text: string): string => text.replaceAll('|', '\\|');

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The reference of the rule language, in Markdown, as the registry has it. */
export function referencePage(): string {
  return [
    '# Rules: the reference',
    'This page is generated from the registry of fields, operators and event properties.',
    '## A definition',
    shape,
    '## Fields',
    table(['field', 'label', 'type', 'meaning'], [
      ...fieldRows.map((row) => [code(row.name), row.label, row.type, row.options === undefined ? row.describe : `one of ${codes(row.options)}`]),
      [code(`${CUSTOM_PREFIX}<key>`), 'its label', 'as its definition says', 'text and select are strings, multi_select is an array'],
    ]),
    '## Operators',
    unset,
    ...(Object.keys(valueTypes) as ValueType[]).flatMap(operatorSection),
    '## Events',
    table(['event type', 'label'], [...eventRows.map((row) => [code(row.key), row.label]), ['the tenant’s own', 'its label']]),
    `A count takes ${codes(numberOperators)}. What is counted or summed: ${codes(plainMeasures)}, or \`{ "fn", "property" }\` with ${codes(measureFunctions)}.`,
    table(['event property', 'type', 'meaning'], [
      ...propertyRows.map((row) => [code(row.name), row.type, row.describe]),
      [code(`${OWN_PREFIX}<key>`), 'string, number or boolean', 'a key of the event’s own properties; the type of the value is the type of the test'],
    ]),
    '## Time',
    `Periods: ${codes(periods)}; weeks begin on Monday.`,
    table(['unit', 'most'], Object.entries(unitLimits).map(([unit, most]) => [code(unit), most.toLocaleString('en')])),
    '## Limits',
    limits,
    '## Templates',
    table(['#', 'key', 'name', 'description'], templates.map(({ number, key, name, description }) => [String(number), code(key), name, description])),
    '',
  ].join('\n\n').trimEnd() + '\n';
}

function operatorSection(type: ValueType): string[] {
  const row = ({ name, label, value, positive }: OperatorRow): string[] =>
    [code(name), label, value.describe, positive === undefined ? '' : `the complement of ${code(positive.name)}`];
  return [`### ${type}: ${valueTypes[type].describe}`, table(['operator', 'label', 'value', ''], operatorsFor(type).map(row))];
}

const shape = [
  '```json',
  JSON.stringify({
    version: 1, timezone: 'UTC', match: 'all',
    groups: [{
      match: 'any', negate: false,
      conditions: [
        { field: 'contact.country', operator: 'equals', value: 'United States' },
        { event: 'clicked', count: { operator: 'greater_or_equal', value: 2 }, window: { last: 30, unit: 'days' }, where: [{ property: 'url', operator: 'contains', value: 'pricing' }] },
        { segment: '0198d6f0-7c1e-7a41-b1a5-3f1f0a3c9a10', operator: 'not_in' },
        { random: { salt: 'a', from: 0, to: 10 } },
      ],
    }],
    exclusions: [],
  }, null, 2),
  '```',
].join('\n');

const unset = 'A value is unset where it is missing, null, the empty string or an empty list. A positive operator is false there; a negative one is the exact '
  + 'complement of its positive twin, so it is true there.';

const limits = [
  `- groups nest ${MAX_DEPTH} deep`,
  `- ${MAX_CONDITIONS} conditions; ${MAX_REACHED_CONDITIONS.toLocaleString('en')} with those of all segments that they reach`,
  `- references to other segments go ${MAX_REFERENCE_DEPTH} deep`,
  `- a text has ${MAX_TEXT_LENGTH.toLocaleString('en')} characters, a list ${MAX_LIST_LENGTH.toLocaleString('en')} values`,
].join('\n');
