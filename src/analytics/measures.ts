/** What is counted of a day, in the order of the columns; of segments and of everyone alike. */
export const measures = [
  'sends', 'deliveries', 'total_opens', 'unique_opens', 'total_clicks', 'unique_clicks', 'replies', 'conversions', 'bounces', 'unsubscribes',
  'complaints', 'revenue',
] as const;
export type Measure = (typeof measures)[number];
/** Counts and revenue of a day or a period. */
export type Measures = Readonly<Record<Measure, number>>;

/** The types of events that are counted one by one, with their measure. */
export const countedTypes: readonly (readonly [type: string, measure: Measure])[] = [
  ['sent', 'sends'], ['delivered', 'deliveries'], ['opened', 'total_opens'], ['clicked', 'total_clicks'], ['replied', 'replies'],
  ['converted', 'conversions'], ['bounced', 'bounces'], ['unsubscribed', 'unsubscribes'], ['complained', 'complaints'],
];

export const noMeasures: Measures = Object.fromEntries(measures.map((measure) => [measure, 0])) as Record<Measure, number>;

/** The sum, measure by measure. Revenue is summed in whole cents, so that it stays exact as far as a double is. */
export function sumOf(rows: readonly Measures[]): Measures {
  return Object.fromEntries(measures.map((measure) => {
    const values = rows.map((row) => row[measure]);
    if (measure !== 'revenue') return [measure, values.reduce((sum, value) => sum + value, 0)];
    return [measure, values.reduce((sum, value) => sum + Math.round(value * 100), 0) / 100];
  })) as Record<Measure, number>;
}

/** One rate: which measure over which other. */
export interface Rate {
  readonly name: string;
  readonly of: Measure;
  readonly per: Measure;
  /** Whether each of the denominator is either counted or not, so that the rate is a proportion and has an interval. */
  readonly proportion: boolean;
}

/** The rates, each with its denominator: the one list that answers, comparisons and documentation follow. */
export const rates = [
  { name: 'deliveryRate', of: 'deliveries', per: 'sends', proportion: true },
  { name: 'bounceRate', of: 'bounces', per: 'sends', proportion: true },
  { name: 'openRate', of: 'unique_opens', per: 'deliveries', proportion: true },
  { name: 'clickRate', of: 'unique_clicks', per: 'deliveries', proportion: true },
  { name: 'clickToOpenRate', of: 'unique_clicks', per: 'unique_opens', proportion: true },
  { name: 'replyRate', of: 'replies', per: 'deliveries', proportion: true },
  { name: 'conversionRate', of: 'conversions', per: 'deliveries', proportion: true },
  { name: 'unsubscribeRate', of: 'unsubscribes', per: 'deliveries', proportion: true },
  { name: 'complaintRate', of: 'complaints', per: 'deliveries', proportion: true },
  { name: 'revenuePerDelivery', of: 'revenue', per: 'deliveries', proportion: false },
] as const satisfies readonly Rate[];
export type RateName = (typeof rates)[number]['name'];

/** Each rate of these sums; `null` where its denominator is 0. */
export function ratesOf(sums: Measures): Readonly<Record<RateName, number | null>> {
  return Object.fromEntries(rates.map(({ name, of, per }) => [name, sums[per] === 0 ? null : sums[of] / sums[per]])) as Record<RateName, number | null>;
}
