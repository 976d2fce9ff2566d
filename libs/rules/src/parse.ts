import type { SegmentDefinition } from './definition.js';
import { quoted, type Fault } from './faults.js';
import { isObject, member, rejectUnknownKeys, type JsonObject } from './json.js';
import { MAX_CONDITIONS } from './limits.js';
import { readGroup } from './parse/nodes.js';
import { addFault, readListMember, readWord, type Reading } from './parse/reading.js';
import { checkReferences } from './parse/references.js';
import type { Group, Rule } from './rule.js';
import { isTimeZone } from './time/zones.js';
import type { Vocabulary } from './vocabulary.js';

/** Resolves the name of a time zone, in any letter case, to its spelling; undefined where it is not known. */
export type ZoneOf = (name: string) => string | undefined;

export interface ParseOptions {
  /** The id of the segment that is being saved, so that cycles and its dependents are seen. */
  readonly self?: string;
  /** Its present rules, or those of the one it is a copy of: a condition that stands there may keep a removed option. */
  readonly stored?: SegmentDefinition;
  /** Default: the zones that the JavaScript engine knows. */
  readonly zoneOf?: ZoneOf;
}

export type Parsed = { readonly rule: Rule; readonly faults?: undefined } | { readonly faults: readonly Fault[]; readonly rule?: undefined };

const definitionKeys = ['version', 'timezone', 'match', 'groups', 'exclusions'] as const;
const zonesByFoldedName = new Map<string, string>();

/**
 * Reads a definition: to the rule, deeply frozen, or to everything that is wrong with it, all at once.
 * Never throws, whatever the JSON.
 */
export function parse(definition: unknown, vocabulary: Vocabulary, options: ParseOptions = {}): Parsed {
  const faults: Fault[] = [];
  const kept = new Set<string>();
  if (options.stored !== undefined) collectConditions([options.stored.groups, options.stored.exclusions], kept);
  const timezone = readZone(definition, options.zoneOf ?? zoneOfEngine, faults);
  const reading: Reading = {
    vocabulary, timezone, faults, references: [], conditions: 0,
    mayKeep: (condition) => kept.size > 0 && kept.has(keyOf(condition)),
  };
  const rule = readDefinition(definition, reading);
  checkReferences(reading, options.self?.toLowerCase() ?? null);
  return rule === undefined || faults.length > 0 ? { faults } : { rule: deepFreeze(rule) };
}

/**
 * Reads a stored definition, which was sound when it was stored: options that were removed since are tolerated, and its
 * references are not examined again. Throws where the vocabulary lacks what it names.
 */
export function parseStored(definition: SegmentDefinition, vocabulary: Vocabulary, zoneOf?: ZoneOf): Rule {
  const faults: Fault[] = [];
  const timezone = readZone(definition, (name) => (zoneOf ?? zoneOfEngine)(name) ?? name, faults);
  const reading: Reading = { vocabulary, timezone, faults, references: [], conditions: 0, mayKeep: () => true };
  const rule = readDefinition(definition, reading);
  if (rule === undefined || faults.length > 0) {
    throw new Error(`Stored rules cannot be read: ${faults.map(({ path, message }) => `${path}: ${message}`).join(' ')}`);
  }
  return deepFreeze(rule);
}

function readDefinition(json: unknown, reading: Reading): Rule | undefined {
  if (!isObject(json)) return addFault(reading, '', 'shape_invalid', 'Rules are { match, groups, exclusions?, timezone?, version? }.');
  rejectUnknownKeys(json, definitionKeys, '', reading.faults);
  const version = member(json, 'version');
  if (version !== undefined && version !== 1) addFault(reading, '/version', 'shape_invalid', 'The version of the rule language is 1.');
  const match = readWord(json, 'match', '', ['all', 'any'], reading);
  const groups = readGroups(json, 'groups', reading);
  const exclusions = member(json, 'exclusions') !== undefined ? readGroups(json, 'exclusions', reading) : [];
  if (reading.conditions > MAX_CONDITIONS) {
    addFault(reading, '', 'limit_exceeded', `Rules have at most ${MAX_CONDITIONS} conditions; these have ${reading.conditions}.`);
  }
  if (match === undefined || groups === undefined || exclusions === undefined) return undefined;
  return { timezone: reading.timezone, match, groups, exclusions };
}

function readGroups(json: JsonObject, key: string, reading: Reading): Group[] | undefined {
  return readListMember(json, key, '', reading, (item, at) => readGroup(item, at, 1, reading));
}

function readZone(definition: unknown, zoneOf: ZoneOf, faults: Fault[]): string {
  const name = isObject(definition) ? member(definition, 'timezone') : undefined;
  if (name === undefined) return 'UTC';
  if (typeof name !== 'string') {
    faults.push({ path: '/timezone', code: 'shape_invalid', message: "'timezone' has to be a text." });
    return 'UTC';
  }
  const zone = zoneOf(name);
  if (zone === undefined) {
    faults.push({ path: '/timezone', code: 'value_invalid', message: `There is no time zone ${quoted(name)}; use UTC or a name of the form Area/Location.` });
  }
  return zone ?? 'UTC';
}

/** `UTC` and the Area/Location names of the JavaScript engine, for uses without a database. */
export function zoneOfEngine(name: string): string | undefined {
  if (name.toUpperCase() === 'UTC') return 'UTC';
  if (!name.includes('/')) return undefined;
  if (zonesByFoldedName.size === 0) {
    for (const zone of Intl.supportedValuesOf('timeZone')) zonesByFoldedName.set(zone.toLowerCase(), zone);
  }
  const zone = zonesByFoldedName.get(name.toLowerCase());
  return zone ?? (isTimeZone(name) ? name : undefined);
}

/** The same for the same condition, whatever the order of its keys. */
function keyOf(condition: JsonObject): string {
  return JSON.stringify([member(condition, 'field'), member(condition, 'operator'), member(condition, 'value')]);
}

function collectConditions(node: unknown, into: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) collectConditions(item, into);
  if (!isObject(node)) return;
  if (Object.hasOwn(node, 'field')) into.add(keyOf(node));
  else collectConditions(member(node, 'conditions'), into);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
