import { instantOf, type SubscriptionStatus } from '#database';
import { type InputFault, newId } from '#kernel';
import { fold } from '#rules';
import type { ContactRecord, WrittenContact } from './contact-record.js';
import { type ContactPatch, type CustomValue, maxTags, textColumns, type TextProperty, textProperties } from './contact-properties.js';
import type { ZonesService } from './zones.js';

/** A contact's stored properties, as rows are applied to them. Never changed in place. */
export interface ContactState {
  readonly id: string;
  readonly email: string;
  readonly texts: Readonly<Record<TextProperty, string | null>>;
  readonly zone: string;
  readonly subscriptionStatus: SubscriptionStatus;
  readonly leadScore: number | null;
  readonly tags: readonly string[];
  readonly custom: Readonly<Record<string, CustomValue>>;
  readonly createdAt: Date;
}

/** A contact before anything but its address is known. */
export function newContact(email: string, now: Date): ContactState {
  return {
    id: newId(), email, texts: textsOf(() => null), zone: 'UTC', subscriptionStatus: 'active', leadScore: null, tags: [], custom: {},
    createdAt: now,
  };
}

export function stateOf(record: ContactRecord): ContactState {
  return {
    id: record.id, email: record.email, texts: textsOf((property) => record[textColumns[property]]), zone: record.zone,
    subscriptionStatus: record.subscription_status, leadScore: record.lead_score, tags: record.tags, custom: record.custom,
    createdAt: instantOf(record.created_at),
  };
}

/** The contact after a row: what was left out stays, texts are kept as sent. */
export function applyPatch(state: ContactState, patch: ContactPatch, zones: ZonesService): ContactState {
  const texts = { ...state.texts, ...patch.texts };
  return {
    id: state.id,
    email: patch.email ?? state.email,
    texts,
    zone: patch.texts.timezone === undefined ? state.zone : zones.resolve(patch.texts.timezone ?? '') ?? 'UTC',
    subscriptionStatus: patch.subscriptionStatus ?? state.subscriptionStatus,
    leadScore: patch.leadScore === undefined ? state.leadScore : patch.leadScore,
    tags: amendTags(patch.tags ?? state.tags, patch.addTags ?? [], patch.removeTags ?? []),
    custom: mergeCustom(state.custom, patch.custom),
    createdAt: patch.createdAt ?? state.createdAt,
  };
}

/** What only the outcome of a row shows. */
export function faultsOfState(state: ContactState): readonly InputFault[] {
  if (state.tags.length <= maxTags) return [];
  return [{ path: '/addTags', code: 'value_invalid', message: 'A contact has at most 1,000 tags.' }];
}

/** Whether a stored property differs. Only then is the contact written, and `updated_at` moved. */
export function differs(a: ContactState, b: ContactState): boolean {
  return a.email !== b.email || a.zone !== b.zone || a.subscriptionStatus !== b.subscriptionStatus || a.leadScore !== b.leadScore
    || a.createdAt.getTime() !== b.createdAt.getTime()
    || textProperties.some((property) => a.texts[property] !== b.texts[property])
    || !sameTexts(a.tags, b.tags) || customDiffers(a.custom, b.custom);
}

/** The row to be written, its names those of the columns. */
export function writtenOf(state: ContactState): WrittenContact {
  const { id, email, zone, tags, custom } = state;
  const texts = Object.fromEntries(textProperties.map((property) => [textColumns[property], state.texts[property]]));
  return {
    id, email, zone, tags, custom, ...texts,
    subscription_status: state.subscriptionStatus, lead_score: state.leadScore, created_at: state.createdAt.toISOString(),
  };
}

function textsOf(read: (property: TextProperty) => string | null): Record<TextProperty, string | null> {
  return Object.fromEntries(textProperties.map((property) => [property, read(property)])) as Record<TextProperty, string | null>;
}

function amendTags(tags: readonly string[], add: readonly string[], remove: readonly string[]): readonly string[] {
  if (add.length === 0 && remove.length === 0) return tags;
  const gone = new Set(remove.map(fold));
  const there = new Set(tags.map(fold));
  const added = add.filter((tag) => {
    const known = there.has(fold(tag));
    there.add(fold(tag));
    return !known;
  });
  return [...tags, ...added].filter((tag) => !gone.has(fold(tag)));
}

function mergeCustom(custom: Readonly<Record<string, CustomValue>>, changes: ContactPatch['custom']): Readonly<Record<string, CustomValue>> {
  if (changes === undefined) return custom;
  if (changes === null) return {};
  const merged = new Map(Object.entries(custom));
  for (const [id, value] of changes) {
    if (value === null) merged.delete(id);
    else merged.set(id, value);
  }
  return Object.fromEntries(merged);
}

function customDiffers(a: Readonly<Record<string, CustomValue>>, b: Readonly<Record<string, CustomValue>>): boolean {
  const ids = Object.keys(a);
  return ids.length !== Object.keys(b).length || ids.some((id) => !sameValue(a[id], b[id]));
}

function sameValue(a: CustomValue | undefined, b: CustomValue | undefined): boolean {
  return typeof a === 'object' && typeof b === 'object' ? sameTexts(a, b) : a === b;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
