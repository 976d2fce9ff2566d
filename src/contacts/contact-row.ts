import type { SubscriptionStatus } from '#database';
import { type InputFault, isStorable, parseInstant, pointerTo } from '#kernel';
import { isObject, readNumber, readText, readTexts, RowFaults } from './contact-faults.js';
import { type ContactPatch, subscriptionStatuses, type TextProperty, textProperties } from './contact-properties.js';
import { type CustomFieldSet, readCustomFields } from './custom-values.js';

export type ReadRow<Patch = ContactPatch> =
  | { readonly patch: Patch; readonly faults?: undefined }
  | { readonly patch?: undefined; readonly faults: readonly InputFault[] };

type Draft = { -readonly [Property in keyof ContactPatch]: ContactPatch[Property] } & { texts: Partial<Record<TextProperty, string | null>> };
type Reader = (value: unknown, draft: Draft, faults: RowFaults, fields: CustomFieldSet) => void;

/** `undefined` stands for a fault that was noted: the draft is thrown away then. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['email', (value, draft, faults) => { draft.email = readEmail(value, faults); }],
  ...textProperties.map((property): [string, Reader] => [property, (value, draft, faults) => {
    draft.texts[property] = value === null ? null : readText(value, `/${property}`, faults);
  }]),
  ['subscriptionStatus', (value, draft, faults) => { draft.subscriptionStatus = readStatus(value, faults); }],
  ['leadScore', (value, draft, faults) => { draft.leadScore = value === null ? null : readNumber(value, '/leadScore', faults); }],
  ['tags', (value, draft, faults) => { draft.tags = value === null ? [] : readTexts(value, '/tags', faults); }],
  ['addTags', (value, draft, faults) => { draft.addTags = readTexts(value, '/addTags', faults); }],
  ['removeTags', (value, draft, faults) => { draft.removeTags = readTexts(value, '/removeTags', faults); }],
  ['createdAt', (value, draft, faults) => { draft.createdAt = readInstant(value, faults); }],
  ['customFields', (value, draft, faults, fields) => { draft.custom = readCustomFields(value, fields, faults); }],
]);

/** Reads a row that creates or updates by address: what it asks, or every fault of it. */
export function readContactRow(value: unknown, fields: CustomFieldSet): ReadRow<ContactPatch & { email: string }> {
  const read = readContactPatch(value, fields);
  const faults = [...read.faults ?? []];
  if (isObject(value) && !Object.hasOwn(value, 'email')) faults.unshift({ path: '/email', code: 'value_missing', message: 'email is needed.' });
  return faults.length > 0 || read.patch?.email === undefined ? { faults } : { patch: { ...read.patch, email: read.patch.email } };
}

/** Reads an update of a contact that is known: what it asks, or every fault of it. */
export function readContactPatch(value: unknown, fields: CustomFieldSet): ReadRow {
  if (!isObject(value)) return { faults: [{ path: '', code: 'shape_invalid', message: 'A contact is a JSON object.' }] };
  const faults = new RowFaults();
  const draft: Draft = { texts: {} };
  for (const [key, sent] of Object.entries(value)) {
    const read = readers.get(key);
    if (read === undefined) faults.add(pointerTo('', key), 'unknown_property', `A contact has no property ${JSON.stringify(key.slice(0, 80))}.`);
    else read(sent, draft, faults, fields);
  }
  return faults.all.length > 0 ? { faults: faults.all } : { patch: draft };
}

const maxEmailLength = 320;

/** Trimmed; one `@` with something on both sides of it, no white space or control character. Linear, without back-tracking. */
function readEmail(value: unknown, faults: RowFaults): string | undefined {
  if (typeof value !== 'string' || !isStorable(value)) return faults.add('/email', 'value_invalid', 'email is an address.');
  const email = value.trim();
  if (email === '') return faults.add('/email', 'value_missing', 'email is needed.');
  const at = email.indexOf('@');
  const plausible = email.length <= maxEmailLength && at > 0 && at < email.length - 1 && email.indexOf('@', at + 1) === -1
    && !/[\s\p{Cc}]/u.test(email);
  return plausible ? email : faults.add('/email', 'value_invalid', 'email is an address: one @, no white space, at most 320 characters.');
}

function readStatus(value: unknown, faults: RowFaults): SubscriptionStatus | undefined {
  return subscriptionStatuses.find((status) => status === value)
    ?? faults.add('/subscriptionStatus', 'value_invalid', `subscriptionStatus is one of ${subscriptionStatuses.join(', ')}.`);
}

function readInstant(value: unknown, faults: RowFaults): Date | undefined {
  const at = typeof value === 'string' ? parseInstant(value) : null;
  return at === null
    ? faults.add('/createdAt', 'value_invalid', 'createdAt is an instant with date, time with seconds, and offset, such as 2026-01-05T10:00:00Z.')
    : new Date(at);
}
