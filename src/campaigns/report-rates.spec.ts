import { comparisonOf, countedTypes, type Counts, type GroupCounts, ratesOf } from './report-rates.js';

function counts(unique: Partial<Record<keyof Counts, number>>): Counts {
  return Object.fromEntries(countedTypes.map((type) => [type, { total: unique[type] ?? 0, unique: unique[type] ?? 0 }])) as Counts;
}
const group = (holdout: GroupCounts['holdout'], converted: number, contacts: number): GroupCounts => ({ holdout, contacts, converted, unsubscribed: 0, revenue: 0 });
const rounded = (interval: { low: number; high: number } | null | undefined): number[] | null =>
  (interval == null ? null : [interval.low, interval.high].map((end) => Number(end.toFixed(4))));

describe('The rates of a campaign', () => {
  it('have the intervals that are published of these proportions', () => {
    // Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3: 81/263 and 15/148.
    const { open } = ratesOf(counts({ sent: 300, delivered: 263, opened: 81 }));
    const { clickToOpen } = ratesOf(counts({ opened: 148, clicked: 15 }));
    expect([open.rate, rounded(open.interval)]).toEqual([81 / 263, [0.2553, 0.3662]]);
    expect([clickToOpen.rate, rounded(clickToOpen.interval)]).toEqual([15 / 148, [0.0624, 0.1605]]);
  });

  it('have none where there is nobody, and where more contacts did it than could', () => {
    expect(ratesOf(counts({})).open).toMatchObject({ rate: null, interval: null });
    expect(ratesOf(counts({ opened: 1, clicked: 3 })).clickToOpen).toMatchObject({ rate: 3, interval: null });
  });
});

describe('Recipients beside those held out', () => {
  it('are ahead by the published difference, with its interval', () => {
    // Newcombe 1998, Statistics in Medicine 17, 873–890, table II, method 10: 56/70 less 48/80, and 9/10 less 3/10.
    const [recipients, campaign, tenant] = comparisonOf([group(null, 56, 70), group('campaign', 48, 80)]);
    expect([recipients?.recipientsAhead, tenant?.recipientsAhead, tenant?.conversionInterval]).toEqual([null, null, null]);
    expect(campaign?.recipientsAhead?.difference).toBeCloseTo(0.2, 12);
    expect(rounded(campaign?.recipientsAhead?.interval)).toEqual([0.0524, 0.3339]);
    expect(rounded(comparisonOf([group('tenant', 3, 10), group(null, 9, 10)])[2]?.recipientsAhead?.interval)).toEqual([0.1705, 0.809]);
    // Newcombe 1998, table I: 1/29.
    expect(rounded(comparisonOf([group(null, 1, 29)])[0]?.conversionInterval)).toEqual([0.0061, 0.1718]);
  });
});
