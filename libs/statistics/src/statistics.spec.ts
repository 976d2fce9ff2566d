import { benjaminiHochberg, criticalZ, equalProportionsP, fisherExactP, growth, katzRatio, leastSquaresSlope, newcombeDifference, twoSidedP, wilsonInterval } from './index.js';

const of = (successes: number, trials: number): { successes: number; trials: number } => ({ successes, trials });

describe('Wilson\'s interval', () => {
  // Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3.
  it.each([[81, 263, 0.2553, 0.3662], [15, 148, 0.0624, 0.1605], [0, 20, 0, 0.1611], [1, 29, 0.0061, 0.1718]])(
    'of %d in %d is the published one', (successes, trials, low, high) => {
      const found = wilsonInterval(of(successes, trials));
      expect(found?.low).toBeCloseTo(low, 4);
      expect(found?.high).toBeCloseTo(high, 4);
    });

  it('is none of no trials', () => { expect(wilsonInterval(of(0, 0))).toBeNull(); });
});

describe('Newcombe\'s interval of a difference', () => {
  // Newcombe 1998, Statistics in Medicine 17, 873–890, table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339], [9, 10, 3, 10, 0.1705, 0.8090], [6, 7, 2, 7, 0.0582, 0.8062], [5, 56, 0, 29, -0.0381, 0.1926],
    [10, 10, 0, 10, 0.6075, 1],
  ])('of %d/%d and %d/%d is the published one', (a, n, b, m, low, high) => {
    const found = newcombeDifference(of(a, n), of(b, m));
    expect(found?.difference).toBeCloseTo(a / n - b / m, 12);
    expect(found?.interval.low).toBeCloseTo(low, 4);
    expect(found?.interval.high).toBeCloseTo(high, 4);
  });

  it('is none where one side has no trials', () => { expect(newcombeDifference(of(1, 2), of(0, 0))).toBeNull(); });
});

describe('the ratio of two proportions', () => {
  it('has the interval published of the Physicians\' Health Study', () => {
    // A. Agresti, Categorical Data Analysis, 2nd edition, section 3.1: 189/11,034 on placebo, 104/11,037 on aspirin; 1.82 (1.43, 2.30), from rounded proportions.
    const found = katzRatio(of(189, 11_034), of(104, 11_037));
    expect(found?.ratio).toBeCloseTo(1.82, 2);
    expect(found?.interval.low).toBeCloseTo(1.43, 2);
    expect(found?.interval.high).toBeCloseTo(2.31, 2);
  });

  it('reaches its end where one side has no successes', () => {
    expect(katzRatio(of(0, 50), of(10, 50))).toMatchObject({ ratio: 0, interval: { low: 0 } });
    expect(katzRatio(of(10, 50), of(0, 50))).toMatchObject({ ratio: Infinity, interval: { high: Infinity } });
    expect(katzRatio(of(1, 50), of(0, 0))).toBeNull();
  });
});

describe('the test of two proportions', () => {
  it('is Fisher\'s of the lady who tastes tea', () => {
    // Fisher 1935: 3 of 4 cups right on either side; one-sided 17/70, two-sided 34/70.
    expect(fisherExactP(of(3, 4), of(1, 4))).toBeCloseTo(34 / 70, 10);
    expect(equalProportionsP(of(3, 4), of(1, 4))).toBeCloseTo(34 / 70, 10);
  });

  it('is Pearson\'s where the counts are large', () => {
    // Agresti, the same table: X² = 25.01 with one degree of freedom.
    const p = equalProportionsP(of(189, 11_034), of(104, 11_037));
    expect(p).toBeCloseTo(twoSidedP(Math.sqrt(25.01)), 8);
  });

  it('finds nothing where there is nothing to tell apart', () => {
    expect([equalProportionsP(of(0, 9), of(0, 4)), equalProportionsP(of(9, 9), of(4, 4)), equalProportionsP(of(1, 9), of(0, 0))]).toEqual([1, 1, 1]);
  });
});

describe('the correction of Benjamini and Hochberg', () => {
  it('keeps the four of fifteen of their example at 5 %', () => {
    // Benjamini and Hochberg 1995, section 4.1: neonatal thrombolysis.
    const p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1];
    expect(benjaminiHochberg(p).map((q) => q <= 0.05)).toEqual(p.map((_, at) => at < 4));
    expect(benjaminiHochberg([...p].reverse()).reverse()).toEqual(benjaminiHochberg(p));
  });

  it('never lowers a p-value, nor passes 1', () => {
    expect(benjaminiHochberg([0.9, 0.02, 0.5])).toEqual([0.9, 0.06, 0.75]);
    expect(benjaminiHochberg([])).toEqual([]);
  });
});

describe('the trend', () => {
  it('is the slope of least squares', () => {
    expect(leastSquaresSlope([3, 5, 7, 9])).toBeCloseTo(2, 12);
    expect(leastSquaresSlope([1, 3, 2, 5])).toBeCloseTo(1.1, 12);
    expect(leastSquaresSlope([1])).toBeNull();
  });

  it('of growth is a share of what was', () => {
    expect([growth(100, 112), growth(10, 0), growth(0, 5)]).toEqual([0.12, -1, null]);
  });
});

it('the critical value of 95 % is 1.96', () => { expect(criticalZ(0.95)).toBeCloseTo(1.959964, 6); });
