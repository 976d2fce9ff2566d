import { type Certainty, sampleSizeOfMeans, sampleSizeOfProportions } from '#statistics';

export const metrics = ['open', 'click', 'conversion', 'revenue'] as const;
/** Whether a contact opened, clicked, converted; and how much revenue there was by contact. */
export type Metric = (typeof metrics)[number];

export const designs = ['split', 'segments'] as const;
/** `split`: chance puts the contacts of one segment into arms. `segments`: each arm is a segment. */
export type Design = (typeof designs)[number];

export interface Arm {
  readonly name: string;
  readonly segmentId: string | null;
  /** Opens and clicks of this campaign count; null: those of any. */
  readonly campaignId: string | null;
  /** Its share by the sum of all shares; null: nobody says how large a segment should be. */
  readonly share: number | null;
  /** It is sent nothing. */
  readonly holdout: boolean;
}

/** What an experiment asks. The first arm is the control. */
export interface Plan extends Certainty {
  readonly design: Design;
  readonly metric: Metric;
  readonly secondaryMetrics: readonly Metric[];
  /** The primary metric in the control, as expected: a rate, or the mean revenue by contact. */
  readonly baseline: number;
  /** Of the revenue by contact. */
  readonly standardDeviation: number | null;
  /** The least difference to the control that matters, in the unit of the baseline. */
  readonly minimumEffect: number;
  /** Of a split: whose contacts; null: everybody. */
  readonly segmentId: string | null;
  readonly arms: readonly Arm[];
}

export interface Planned extends Certainty {
  readonly baseline: number;
  readonly minimumEffect: number;
  /** null: the metric is a rate. */
  readonly standardDeviation: number | null;
  /** How many arms are compared with the control: the level is shared out among them. */
  readonly comparisons: number;
}

/** How many contacts each arm needs. */
export function contactsPerArm({ baseline, minimumEffect, standardDeviation, alpha, power, comparisons }: Planned): number {
  const certainty = { alpha: alpha / comparisons, power };
  return Math.ceil(standardDeviation === null
    ? sampleSizeOfProportions(baseline, baseline + minimumEffect, certainty)
    : sampleSizeOfMeans(minimumEffect, standardDeviation, certainty));
}

/** The segments that the start draws from, each once. */
export function segmentsNamed({ segmentId, arms }: Plan): string[] {
  return [...new Set([segmentId, ...arms.map((arm) => arm.segmentId)].filter((id) => id !== null))];
}

/** The weights by which chance made the arms; `null` where nobody says that it did. */
export function weightsOf({ arms }: Plan): number[] | null {
  const weights = arms.map(({ share }) => share);
  return weights.every((weight) => weight !== null) ? weights : null;
}
