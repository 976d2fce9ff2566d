import {
  MAX_CONDITIONS, MAX_DEPTH, MAX_REACHED_CONDITIONS, MAX_REFERENCE_DEPTH,
} from '../limits.js';
import { measureFunctions, numberOperators, plainMeasures } from '../parse/event-condition.js';
import { knownEvents } from '../registry/events.js';
import { fieldRow, knownFields } from '../registry/fields.js';
import type { OperatorRow } from '../registry/operator.js';
import { operatorAliases, operators, operatorsFor } from '../registry/operators/index.js';
import { OWN_PREFIX, ownPropertyTypes, propertyRows } from '../registry/properties.js';
import { MAX_LIST_LENGTH, MAX_TEXT_LENGTH } from '../registry/value-shapes.js';
import type { ValueType } from '../rule.js';
import { periods, unitLimits } from '../time/points.js';
import type { CustomFieldType, Vocabulary } from '../vocabulary.js';
import { jsonSchema } from './json-schema.js';

export interface CatalogField {
  readonly field: string;
  readonly label: string;
  readonly type: ValueType;
  readonly source: 'contact' | 'engagement' | 'custom';
  readonly operators: readonly string[];
  readonly description?: string;
  /** Of a field with a closed list. */
  readonly options?: readonly string[];
  /** Of the tenant's own. */
  readonly customType?: CustomFieldType;
}

export interface CatalogEvent {
  readonly type: string;
  readonly label: string;
  /** Whether it is one of the tenant's own. */
  readonly own: boolean;
  readonly properties: Readonly<Record<string, 'string' | 'number' | 'boolean'>>;
}

export interface CatalogProperty {
  readonly property: string;
  readonly label: string;
  /** Several where the value decides. */
  readonly types: readonly ValueType[];
  readonly operators: readonly string[];
  readonly description: string;
}

export interface CatalogOperator {
  readonly operator: string;
  readonly label: string;
  readonly types: readonly ValueType[];
  readonly aliases: readonly string[];
  /** The operator of which it is the exact complement. */
  readonly complementOf: string | null;
  readonly value: { readonly shape: string; readonly description: string; readonly schema: object };
}

export interface Catalog {
  readonly fields: readonly CatalogField[];
  readonly events: readonly CatalogEvent[];
  readonly eventProperties: readonly CatalogProperty[];
  readonly operators: readonly CatalogOperator[];
  readonly count: { readonly operators: readonly string[] };
  readonly measures: { readonly plain: readonly string[]; readonly functions: readonly string[] };
  readonly units: Readonly<Record<string, number>>;
  readonly periods: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly schema: object;
}

/** All that a rule builder draws its menus from, with the tenant's own fields and event types. */
export function catalog(vocabulary: Vocabulary): Catalog {
  return {
    fields: catalogFields(vocabulary),
    events: knownEvents(vocabulary).map(({ key, label, term }) => ({
      type: key, label, own: term !== null, properties: term?.properties ?? {},
    })),
    eventProperties: catalogProperties(vocabulary),
    operators: operators.map(catalogOperator),
    count: { operators: numberOperators },
    measures: { plain: plainMeasures, functions: measureFunctions },
    units: unitLimits,
    periods,
    limits: {
      depth: MAX_DEPTH, conditions: MAX_CONDITIONS, referenceDepth: MAX_REFERENCE_DEPTH, reachedConditions: MAX_REACHED_CONDITIONS,
      textLength: MAX_TEXT_LENGTH, listLength: MAX_LIST_LENGTH,
    },
    schema: jsonSchema(vocabulary),
  };
}

function namesOf(types: readonly ValueType[]): string[] {
  return [...new Set(types.flatMap((type) => operatorsFor(type).map((row) => row.name)))];
}

function catalogFields(vocabulary: Vocabulary): CatalogField[] {
  return knownFields(vocabulary).map(({ ref, options }) => {
    const description = fieldRow(ref.name)?.describe;
    return {
      field: ref.name, label: ref.label, type: ref.type, source: ref.source, operators: namesOf([ref.type]),
      ...(description === undefined ? {} : { description }),
      ...(options === null ? {} : { options }),
      ...(ref.source === 'custom' ? { customType: ref.customType } : {}),
    };
  });
}

function catalogProperties(vocabulary: Vocabulary): CatalogProperty[] {
  const known: CatalogProperty[] = propertyRows.map(({ name, label, type, describe }) => ({
    property: name, label, types: [type], operators: namesOf([type]), description: describe,
  }));
  const declared = new Map<string, Set<ValueType>>();
  for (const term of vocabulary.eventTypes) {
    for (const [key, type] of Object.entries(term.properties)) declared.set(key, (declared.get(key) ?? new Set()).add(type));
  }
  const own = [...declared].map(([key, types]) => ({
    property: OWN_PREFIX + key, label: key, types: [...types], operators: namesOf([...types]), description: 'declared by the tenant’s own event types',
  }));
  const any = {
    property: `${OWN_PREFIX}<key>`, label: 'Own property', types: ownPropertyTypes, operators: namesOf(ownPropertyTypes),
    description: 'a key of the event’s own properties; the type of the value is the type of the test',
  };
  return [...known, ...own, any];
}

function catalogOperator(row: OperatorRow): CatalogOperator {
  const aliases = row.types.flatMap((type) => Object.entries(operatorAliases[type] ?? {}));
  return {
    operator: row.name, label: row.label, types: row.types,
    aliases: [...new Set(aliases.filter(([, real]) => real === row.name).map(([alias]) => alias))],
    complementOf: row.positive?.name ?? null,
    value: { shape: row.value.name, description: row.value.describe, schema: row.value.schema(row.types.includes('date')) },
  };
}
