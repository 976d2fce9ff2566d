import type { Rule } from '../../rule.js';

export const textColumns = [
  'email', 'first_name', 'last_name', 'company', 'job_title', 'phone', 'country', 'state', 'city', 'timezone', 'source',
] as const;

export type TextColumn = (typeof textColumns)[number];

/** All that rules look at of one contact, as it is at present. Instants are epoch milliseconds. */
export interface ContactSnapshot {
  /** Lower case, with hyphens. */
  readonly id: string;
  /** What the contact's time zone resolves to; UTC where it has none or an unknown one. */
  readonly zone: string;
  /** By the names of the columns. */
  readonly texts: Readonly<Record<TextColumn, string | null>>;
  readonly subscriptionStatus: string;
  readonly leadScore: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly tags: readonly string[];
  /** As `contact.custom` stores it: by the id of the custom field. */
  readonly custom: Readonly<Record<string, unknown>>;
  /** All of them, in any order. */
  readonly events: readonly EventSnapshot[];
  /** Names of the tenant's campaigns by what an event may call them, see `campaignNames`. */
  readonly campaigns: ReadonlyMap<string, string>;
  /** Ids of the static segments that it is a member of. */
  readonly lists: ReadonlySet<string>;
  /** Its overrides, by the id of the segment. */
  readonly overrides: ReadonlyMap<string, Override>;
}

export interface EventSnapshot {
  readonly id: string;
  /** As stored: a built-in type's key or the id of the tenant's own. */
  readonly type: string;
  readonly occurredAt: number;
  readonly campaignId: string | null;
  readonly url: string | null;
  readonly device: string | null;
  readonly revenue: number | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Override {
  readonly pin: 'in' | 'out';
  /** It holds while `asOf` lies before it; `null`: for ever. */
  readonly until: number | null;
}

/** What a segment that a rule names consists of: its rule and then its overrides, or its list. */
export type Reference =
  | { readonly kind: 'dynamic'; readonly rule: Rule }
  | { readonly kind: 'static' };

/** Every segment that a rule reaches, transitively, by id. */
export type References = ReadonlyMap<string, Reference>;

/** An event's campaign is found by id or external id; where both fit, the id wins. */
export function campaignNames(
  campaigns: readonly { readonly id: string; readonly externalId: string | null; readonly name: string }[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { externalId, name } of campaigns) if (externalId !== null) names.set(externalId, name);
  for (const { id, name } of campaigns) names.set(id.toLowerCase(), name);
  return names;
}

/** By code points, as the database's collation "C" orders; UTF-16 orders surrogates differently. */
export function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** From the earliest to the latest; of the same instant, the greater id is later. */
export function compareEvents(a: EventSnapshot, b: EventSnapshot): number {
  return a.occurredAt - b.occurredAt || compareCodePoints(a.id, b.id);
}
