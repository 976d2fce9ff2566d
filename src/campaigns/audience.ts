/** A segment by id, or rules that stand for themselves. */
export type Source = { readonly segmentId: string } | { readonly rules: object; readonly name?: string };

/** In which order a cap takes contacts; ties, and those without a lead score at the end, by id. */
export const capOrders = ['leadScore', '-leadScore', 'createdAt', '-createdAt', 'random'] as const;
export type CapOrder = (typeof capOrders)[number];

/** Whom a campaign is for, as it is stored. */
export interface Audience {
  readonly include: readonly Source[];
  readonly exclude: readonly Source[];
  /** Whether the tenant's list of addresses and domains is heeded. */
  readonly suppressionList: boolean;
  /** Who was reached by so many other campaigns within so many days (of 24 hours) is left out. */
  readonly frequencyCap: { readonly campaigns: number; readonly days: number } | null;
  readonly holdoutPercent: number;
  readonly cap: { readonly limit: number; readonly order: CapOrder } | null;
}

/** What holds for every campaign of a tenant. */
export interface CampaignSettings {
  readonly holdoutPercent: number;
  readonly suppressedSegmentIds: readonly string[];
}

/** Why a contact that was asked for is not sent a campaign. */
export type StepKind =
  | 'excluded' | 'suppressed-segment' | 'unsubscribed' | 'bounced' | 'complained' | 'suppressed-address' | 'suppressed-domain'
  | 'frequency-cap' | 'cap' | 'tenant-holdout' | 'campaign-holdout';

/** A step of the waterfall; `index` and `segmentId` say which exclusion or suppressed segment it is. */
export interface Step {
  readonly step: StepKind;
  readonly index?: number;
  readonly segmentId?: string;
  readonly name?: string;
}

/**
 * The steps in the order applied: each takes from what the ones before left. The holdouts come last, so that those held
 * out are the same kind of contact as those who are sent to, and can be compared with them.
 */
export function stepsOf(audience: Audience, settings: CampaignSettings): Step[] {
  return [
    ...audience.exclude.map((source, index): Step => ({ step: 'excluded', index, ...nameOfSource(source) })),
    ...settings.suppressedSegmentIds.map((segmentId): Step => ({ step: 'suppressed-segment', segmentId })),
    { step: 'unsubscribed' }, { step: 'bounced' }, { step: 'complained' },
    ...(audience.suppressionList ? [{ step: 'suppressed-address' }, { step: 'suppressed-domain' }] satisfies Step[] : []),
    ...(audience.frequencyCap === null ? [] : [{ step: 'frequency-cap' }] satisfies Step[]),
    ...(audience.cap === null ? [] : [{ step: 'cap' }] satisfies Step[]),
    { step: 'tenant-holdout' }, { step: 'campaign-holdout' },
  ];
}

/** What a source is known by. */
export function nameOfSource(source: Source): { segmentId?: string; name?: string } {
  if ('segmentId' in source) return { segmentId: source.segmentId };
  return source.name === undefined ? {} : { name: source.name };
}

/** The segments that the audience and the settings name themselves. */
export function segmentsNamed(audience: Audience, settings: CampaignSettings): string[] {
  const named = [...audience.include, ...audience.exclude].flatMap((source) => ('segmentId' in source ? [source.segmentId] : []));
  return [...new Set([...named, ...settings.suppressedSegmentIds])];
}
