import { newcombeDifference } from '#statistics';
import { againstAnother, againstEveryone } from './differences.js';
import { noMeasures } from './measures.js';

const mail = (deliveries: number, opens: number): typeof noMeasures => ({ ...noMeasures, sends: deliveries, deliveries, unique_opens: opens, revenue: opens * 2 });
const openRate = (found: ReturnType<typeof againstAnother>): ReturnType<typeof againstAnother>[number] | undefined => found.find(({ rate }) => rate === 'openRate');

describe('a rate of a segment', () => {
  it('against another has the interval of two that are apart', () => {
    const found = openRate(againstAnother(mail(70, 56), mail(80, 48)));
    expect(found).toMatchObject({ segment: 0.8, reference: 0.6 });
    expect(found?.interval?.low).toBeCloseTo(0.0524, 4);
    expect(found?.interval?.high).toBeCloseTo(0.3339, 4);
  });

  it('against everyone has the interval against the others, drawn in by their share', () => {
    const found = openRate(againstEveryone(mail(70, 56), mail(150, 104)));
    const others = newcombeDifference({ successes: 56, trials: 70 }, { successes: 48, trials: 80 });
    expect(found?.difference).toBeCloseTo((80 / 150) * (others?.difference ?? 0), 12);
    expect(found?.interval?.low).toBeCloseTo((80 / 150) * 0.0524, 4);
    expect(found?.interval?.high).toBeCloseTo((80 / 150) * 0.3339, 4);
  });

  it('is everyone\'s where the segment is everyone', () => {
    expect(openRate(againstEveryone(mail(70, 56), mail(70, 56)))).toMatchObject({ difference: 0, interval: { low: 0, high: 0 } });
  });

  it('has no interval where it is no proportion, and no value of nothing', () => {
    const found = againstEveryone(mail(10, 12), mail(30, 20));
    expect(openRate(found)).toMatchObject({ segment: 1.2, interval: null });
    expect(found.find(({ rate }) => rate === 'revenuePerDelivery')).toMatchObject({ segment: 2.4, interval: null });
    expect(openRate(againstEveryone(noMeasures, mail(30, 20)))).toMatchObject({ segment: null, difference: null, interval: null });
  });
});
