import type { SubscriptionStatus } from '#database';

/** The contact's plain texts: their names in JSON, and their columns. */
export const textColumns = {
  firstName: 'first_name', lastName: 'last_name', company: 'company', jobTitle: 'job_title', phone: 'phone',
  country: 'country', state: 'state', city: 'city', timezone: 'timezone', source: 'source',
} as const;

export type TextProperty = keyof typeof textColumns;

export const textProperties = Object.keys(textColumns) as readonly TextProperty[];

export const subscriptionStatuses: readonly SubscriptionStatus[] = ['active', 'unsubscribed', 'bounced', 'complained', 'pending'];

/** A custom field's value as it is stored; an unset one is absent. */
export type CustomValue = string | number | boolean | readonly string[];

/** What one row asks of a contact: properties left out stay, `null` clears. */
export interface ContactPatch {
  readonly email?: string;
  readonly texts: Readonly<Partial<Record<TextProperty, string | null>>>;
  readonly subscriptionStatus?: SubscriptionStatus;
  readonly leadScore?: number | null;
  readonly tags?: readonly string[];
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly createdAt?: Date;
  /** By the field's id; `null` for all: every value is cleared. */
  readonly custom?: ReadonlyMap<string, CustomValue | null> | null;
}

export const maxTextLength = 10_000;
export const maxTags = 1_000;
