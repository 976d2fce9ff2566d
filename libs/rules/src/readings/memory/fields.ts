import type { FieldRef } from '../../rule.js';
import type { EngagementFigures } from './engagement.js';
import type { ContactSnapshot, TextColumn } from './snapshot.js';
import { textColumns } from './snapshot.js';

type Read = (contact: ContactSnapshot) => unknown;

const reads: Readonly<Record<string, Read>> = {
  ...Object.fromEntries(textColumns.map((column: TextColumn): [string, Read] => [column, ({ texts }) => texts[column]])),
  email_domain: ({ texts }) => texts.email?.slice(texts.email.lastIndexOf('@') + 1) ?? null,
  subscription_status: ({ subscriptionStatus }) => subscriptionStatus,
  unsubscribed: ({ subscriptionStatus }) => subscriptionStatus === 'unsubscribed',
  lead_score: ({ leadScore }) => leadScore,
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
  tags: ({ tags }) => tags,
};

/** A field's value as the operators of its type take it; `null` or empty where it is unset. */
export function fieldValue(field: FieldRef, contact: ContactSnapshot, engagement: () => EngagementFigures): unknown {
  switch (field.source) {
    case 'contact': return reads[field.name.slice('contact.'.length)]!(contact);
    case 'engagement': return engagement().get(field.name);
    case 'custom': return customValue(field.type, contact.custom, field.id);
  }
}

/** Stored values are typed at the door; one of another type counts as unset. */
function customValue(type: FieldRef['type'], custom: ContactSnapshot['custom'], id: string): unknown {
  const stored = Object.hasOwn(custom, id) ? custom[id] : null;
  switch (type) {
    case 'array': return Array.isArray(stored) ? stored : null;
    case 'datetime': return typeof stored === 'string' ? Date.parse(stored) : null;
    case 'date': return typeof stored === 'string' ? stored : null;
    case 'string': case 'number': case 'boolean': return typeof stored === type ? stored : null;
  }
}
