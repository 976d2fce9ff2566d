import type { EventTypeTerm, Vocabulary } from '../vocabulary.js';

/** An event type of every tenant. */
export interface EventRow {
  readonly key: string;
  readonly label: string;
  /** With a number or a negation before or after it: “opened at least 3 times”. */
  readonly verb: string;
}

export const eventRows: readonly EventRow[] = [
  { key: 'sent', label: 'Sent', verb: 'was sent an email' },
  { key: 'delivered', label: 'Delivered', verb: 'was delivered an email' },
  { key: 'opened', label: 'Opened', verb: 'opened an email' },
  { key: 'clicked', label: 'Clicked', verb: 'clicked a link' },
  { key: 'replied', label: 'Replied', verb: 'replied' },
  { key: 'converted', label: 'Converted', verb: 'converted' },
  { key: 'bounced', label: 'Bounced', verb: 'bounced' },
  { key: 'unsubscribed', label: 'Unsubscribed', verb: 'unsubscribed' },
  { key: 'complained', label: 'Complained', verb: 'complained' },
];

/** An event type that a rule may name, with what the table of events holds for it. */
export interface KnownEvent {
  readonly key: string;
  readonly label: string;
  readonly stored: string;
  /** Of the tenant's own. */
  readonly term: EventTypeTerm | null;
}

export function findEvent(key: string, vocabulary: Vocabulary): KnownEvent | undefined {
  return knownEvents(vocabulary).find((known) => known.key === key);
}

/** Every event type that the tenant's rules may name. */
export function knownEvents(vocabulary: Vocabulary): KnownEvent[] {
  return [
    ...eventRows.map(({ key, label }) => ({ key, label, stored: key, term: null })),
    ...vocabulary.eventTypes.map((term) => ({ key: term.key, label: term.label, stored: term.id, term })),
  ];
}
