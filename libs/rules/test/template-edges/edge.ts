import { campaignNames, textColumns, type ContactSnapshot, type EventSnapshot, type Override, type TextColumn } from '../../src/readings/memory/snapshot.js';
import { campaigns, customFields, LIST, segmentIds } from './tenant.js';

/** The moment at which contacts are looked at where a row says no other: a Tuesday at noon, the last day of a month. */
export const NOW = Date.parse('2026-03-31T12:00:00Z');

/** So many days of 24 hours before `NOW`; `- 1` is a millisecond longer ago. */
export const ago = (days: number): number => NOW - days * 86_400_000;

export const at = (text: string): number => Date.parse(text);

/** An event as a row writes it; its id only where it decides which of two at the same instant is the later. */
export interface Happened {
  readonly type: string;
  readonly at: number;
  readonly campaign?: string | undefined;
  readonly url?: string | undefined;
  readonly device?: string | undefined;
  readonly id?: string | undefined;
}

type Details = Omit<Happened, 'type' | 'at'>;
const event = (type: string) => (moment: number, details: Details = {}): Happened => ({ type, at: moment, ...details });

export const sent = event('sent');
export const opened = event('opened');
export const clicked = event('clicked');
export const replied = event('replied');
export const converted = event('converted');

export const times = (count: number, happened: Happened): Happened[] => Array.from({ length: count }, () => happened);

const EVENT_TYPES = ['sent', 'delivered', 'opened', 'clicked', 'replied', 'converted', 'bounced', 'unsubscribed', 'complained'];

/** One event of each built-in type but these. */
export const allBut = (types: readonly string[], moment: number, details: Details = {}): Happened[] =>
  EVENT_TYPES.filter((type) => !types.includes(type)).map((type) => event(type)(moment, details));

/** What a row says of its contact; all else is unset, the status active. */
export interface Traits extends Partial<Record<TextColumn, string>> {
  /** The contact's own time zone. */
  readonly localZone?: string;
  readonly status?: string;
  readonly score?: number;
  readonly added?: number;
  readonly tags?: readonly string[];
  /** By the keys of the fields. */
  readonly custom?: Readonly<Record<string, unknown>>;
  readonly events?: readonly Happened[];
  /** Whether it is on the static list. */
  readonly listed?: boolean;
  /** By the names of segments that rules refer to. */
  readonly overrides?: Readonly<Record<string, Override>>;
}

export interface Circumstances {
  /** Default: `NOW`. */
  readonly asOf?: number;
  /** Of the definition; default: UTC, as the templates have it. */
  readonly zone?: string;
  /** Time alone has just turned the verdict, at this very millisecond, or turns it at the next. */
  readonly turns?: 'just' | 'next';
  /** The segment of this name is the static list. */
  readonly list?: string;
}

/** It was otherwise a millisecond ago. */
export const JUST: Circumstances = { turns: 'just' };
/** It will be otherwise in a millisecond. */
export const NEXT: Circumstances = { turns: 'next' };

/** Whether it is a member, in words why, the contact, and when and where it is looked at. */
export type Row = readonly [member: 'in' | 'out', what: string, traits: Traits, circumstances?: Circumstances];

export interface Edge {
  /** The key of a template, or the name of a segment that one of them requires. */
  readonly subject: string;
  readonly what: string;
  readonly contact: ContactSnapshot;
  readonly member: boolean;
  readonly asOf: number;
  readonly zone: string;
  readonly turns: 'just' | 'next' | undefined;
  readonly list: string | undefined;
}

/** The rows of one subject; each changes some traits of the contact that they have in common. */
export function edgesOf(subject: string, common: Traits, rows: readonly Row[]): Edge[] {
  return rows.map(([member, what, traits, { asOf = NOW, zone = 'UTC', turns, list } = {}]) => ({
    subject, what, contact: contactOf({ ...common, ...traits }), member: member === 'in', asOf, zone, turns, list,
  }));
}

/** With the ids by which the contacts of a table, and their events, differ; of a contact's own events the order stays. */
export function numbered(edges: readonly Edge[]): Edge[] {
  return edges.map(({ contact, ...edge }, index) => ({
    ...edge,
    contact: {
      ...contact,
      id: `00000000-0000-4000-8000-${(0x1000 + index).toString(16).padStart(12, '0')}`,
      texts: { ...contact.texts, email: `${index}@example.com` },
      events: contact.events.map((happened) => ({ ...happened, id: `${happened.id}-${index}` })),
    },
  }));
}

function contactOf(traits: Traits): ContactSnapshot {
  return {
    id: '', zone: traits.localZone ?? 'UTC',
    texts: Object.fromEntries(textColumns.map((column) => [column, traits[column] ?? null])) as Record<TextColumn, string | null>,
    subscriptionStatus: traits.status ?? 'active', leadScore: traits.score ?? null, 
    // Changed since it was added, so that the two are told apart.
    createdAt: traits.added ?? ago(10), updatedAt: ago(1),
    tags: traits.tags ?? [], custom: customOf(traits.custom ?? {}), events: (traits.events ?? []).map(eventOf),
    campaigns: campaignNames(campaigns), lists: new Set(traits.listed === true ? [LIST] : []),
    overrides: new Map(Object.entries(traits.overrides ?? {}).map(([name, override]) => [segmentIds.get(name)!, override])),
  };
}

function customOf(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [customFields.find((field) => field.key === key)!.id, value]));
}

function eventOf({ type, at: occurredAt, campaign, url, device, id }: Happened, index: number): EventSnapshot {
  return {
    id: id ?? `e${String(index).padStart(3, '0')}`, type, occurredAt, campaignId: campaign ?? null, url: url ?? null, device: device ?? null,
    revenue: null, properties: {},
  };
}
