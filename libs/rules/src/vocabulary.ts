import type { SegmentDefinition } from './definition.js';

/** What a tenant adds to the registry: pure data, handed to `parse`. */
export interface Vocabulary {
  readonly customFields: readonly CustomFieldTerm[];
  readonly eventTypes: readonly EventTypeTerm[];
  /** The tenant's segments that a rule may name, by id (lower case); those reached through them too. */
  readonly segments: ReadonlyMap<string, SegmentTerm>;
}

export type CustomFieldType = 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'select' | 'multi_select';

export interface CustomFieldTerm {
  /** UUID; the key of the field's value in `contact.custom`, so that a new field of the same key never sees old values. */
  readonly id: string;
  readonly key: string;
  readonly label: string;
  readonly type: CustomFieldType;
  /** Of select and multi_select, else empty. */
  readonly options: readonly string[];
}

export interface EventTypeTerm {
  /** UUID; what `contact_event.type` holds for an own type (a built-in type holds its key). */
  readonly id: string;
  readonly key: string;
  readonly label: string;
  readonly properties: Readonly<Record<string, 'string' | 'number' | 'boolean'>>;
}

export interface SegmentTerm {
  readonly id: string;
  readonly name: string;
  readonly type: 'dynamic' | 'static';
  /** Of a dynamic one, as stored. */
  readonly definition: SegmentDefinition | null;
}
