import {
  adjustByCovariate, alwaysValidRatio, bootstrapDifference, holm, type Sample, sampleRatioP, sampleSizeOfMeans, sampleSizeOfProportions, seeded, welch,
} from './index.js';

const usual = { alpha: 0.05, power: 0.8 };
const sampleOf = (values: readonly number[]): Sample => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { n: values.length, mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
};

describe('the size of a sample', () => {
  it('of two proportions is that of R\'s manual', () => {
    // power.prop.test(p1 = .50, p2 = .75, power = .90): n = 76.7.
    expect(sampleSizeOfProportions(0.5, 0.75, { alpha: 0.05, power: 0.9 })).toBeCloseTo(76.7, 1);
    expect(sampleSizeOfProportions(0.75, 0.5, { alpha: 0.05, power: 0.9 })).toBeCloseTo(76.7, 1);
  });

  it.each([[0.5, 64], [0.8, 26]])('of two means %d deviations apart is that of Cohen\'s table', (difference, n) => {
    // J. Cohen, A power primer, Psychological Bulletin 112 (1992), 155–159, table 2: medium and large at .05 and power .80.
    expect(Math.ceil(sampleSizeOfMeans(difference, 1, usual))).toBe(n);
  });

  it('of two means is within a twentieth of a contact of R\'s manual, which uses the noncentral t', () => {
    // power.t.test(power = .90, delta = 1): n = 22.02110.
    expect(Math.abs(sampleSizeOfMeans(1, 1, { alpha: 0.05, power: 0.9 }) - 22.021)).toBeLessThan(0.06);
  });
});

describe('Welch\'s test', () => {
  // Student's sleep data, 1908, as R's manual prints t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p = 0.07939.
  const sleep = [[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]].map(sampleOf) as [Sample, Sample];

  it('is the published one of Student\'s sleepers', () => {
    const found = welch(...sleep);
    expect(found?.difference).toBeCloseTo(-1.58, 10);
    expect(found?.p).toBeCloseTo(0.07939, 5);
    expect(found?.interval.low).toBeCloseTo(-3.3654832, 6);
    expect(found?.interval.high).toBeCloseTo(0.2054832, 6);
  });

  it('says nothing of one value, nor where nothing varies', () => {
    expect(welch({ n: 1, mean: 1, variance: 0 }, sleep[0])).toBeNull();
    expect(welch({ n: 5, mean: 1, variance: 0 }, { n: 5, mean: 1, variance: 0 })).toBeNull();
  });

  it('and the bootstrap agree on a sample without a tail', () => {
    const next = seeded(7);
    const drawn = (): number[] => Array.from({ length: 2000 }, () => Math.round(next() * 20));
    const [first, second] = [drawn(), drawn()];
    const weighted = (values: readonly number[]) => [...new Set(values)].map((value) => ({ value, count: values.filter((one) => one === value).length }));
    const [interval, again] = [1, 1].map((seed) => bootstrapDifference(weighted(first), weighted(second), { confidence: 0.95, resamples: 1000, seed }));
    const exact = welch(sampleOf(first), sampleOf(second))?.interval;
    expect(again).toEqual(interval);
    expect(Math.abs((interval?.low ?? 9) - (exact?.low ?? 0))).toBeLessThan(0.06);
    expect(Math.abs((interval?.high ?? 9) - (exact?.high ?? 0))).toBeLessThan(0.06);
    expect(bootstrapDifference([], [{ value: 1, count: 1 }], { confidence: 0.95, resamples: 10, seed: 1 })).toBeNull();
  });
});

describe('seeded numbers', () => {
  it('are the same for a seed, others for another, and even', () => {
    const [one, same, other] = [seeded(3), seeded(3), seeded(4)];
    const drawn = Array.from({ length: 16_000 }, one);
    expect(drawn.slice(0, 9)).toEqual(Array.from({ length: 9 }, same));
    expect(drawn.slice(0, 9)).not.toEqual(Array.from({ length: 9 }, other));
    const sizes = Array.from({ length: 16 }, (_, at) => drawn.filter((value) => Math.floor(value * 16) === at).length);
    expect(sampleRatioP(sizes, sizes.map(() => 1))).toBeGreaterThan(0.001);
  });
});

describe('CUPED', () => {
  it('takes away the share ρ² of the variance, and the covariate\'s part of the effect', () => {
    // Deng et al. 2013, equation 4: var(Y_cv) = var(Y)(1 - ρ²). Here ρ = 0.6, θ = 0.6.
    const arm = (mean: number, earlier: number) => ({ n: 100, mean, variance: 1, covariate: { mean: earlier, variance: 1 }, covariance: 0.6 });
    const found = adjustByCovariate([arm(1, 0), arm(1.6, 0.5)]);
    expect(found?.reduction).toBeCloseTo(0.36, 12);
    expect(found?.samples.map(({ variance }) => variance)).toEqual([expect.closeTo(0.64, 12), expect.closeTo(0.64, 12)]);
    expect((found?.samples[1]?.mean ?? 0) - (found?.samples[0]?.mean ?? 0)).toBeCloseTo(0.6 - 0.6 * 0.5, 12);
  });

  it('does nothing where there was nothing before', () => {
    expect(adjustByCovariate([{ n: 9, mean: 1, variance: 1, covariate: { mean: 0, variance: 0 }, covariance: 0 }])).toBeNull();
  });
});

describe('the correction of Holm', () => {
  it('is that of R\'s p.adjust, and keeps the order given', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('the sample ratio', () => {
  it('is that of Mendel\'s peas', () => {
    // G. Mendel 1866: 315, 101, 108, 32 for 9:3:3:1; X² = 0.470, p = 0.925.
    expect(sampleRatioP([315, 101, 108, 32], [9, 3, 3, 1])).toBeCloseTo(0.925, 3);
  });

  it('alarms at what Kohavi, Tang and Xu call one', () => {
    // Trustworthy Online Controlled Experiments (2020), chapter 3: 821,588 and 815,482 users of a 50/50 split, p = 1.8e-6.
    expect(sampleRatioP([821_588, 815_482], [1, 1])).toBeCloseTo(1.8e-6, 7);
    expect(sampleRatioP([0, 0], [1, 1])).toBe(1);
  });
});

describe('the always-valid test', () => {
  const options = { alpha: 0.05, expectedRatio: 1.2 };
  const rate = (successes: number, n: number): Sample => ({ n, mean: successes / n, variance: successes / n * (1 - successes / n) });

  it('rejects just where its interval leaves out a ratio of 1', () => {
    for (let successes = 500; successes < 700; successes += 1) {
      const found = alwaysValidRatio(rate(successes, 10_000), rate(500, 10_000), options);
      if (found === null) throw new Error('there are successes');
      expect(found.interval.low > 1).toBe(found.p < 0.05);
    }
  });

  it('is the formula of Johari et al. by hand', () => {
    const found = alwaysValidRatio(rate(600, 10_000), rate(500, 10_000), options);
    const [variance, mixture, estimate] = [0.94 / 600 + 0.95 / 500, Math.log(1.2) ** 2, Math.log(1.2)];
    const likelihood = Math.sqrt(variance / (variance + mixture)) * Math.exp(mixture * estimate ** 2 / (2 * variance * (variance + mixture)));
    expect(found?.p).toBeCloseTo(1 / likelihood, 12);
    expect(found?.ratio).toBeCloseTo(1.2, 12);
  });

  it('says nothing where nobody did anything', () => {
    expect(alwaysValidRatio(rate(0, 10), rate(5, 10), options)).toBeNull();
  });
});

/** Who does it, and on which of so many days, without any difference between the two arms. */
function daysOf(next: () => number, contacts: number, rate: number, days: number): Float64Array {
  const counts = new Float64Array(days);
  for (let contact = 0; contact < contacts; contact += 1) {
    if (next() < rate) counts[Math.floor(next() * days)]! += 1;
  }
  return counts;
}

describe('a thousand A/A tests of 1,000 contacts an arm, looked at on each of 14 days', () => {
  const [contacts, rate, days, tests] = [1000, 0.2, 14, 1000];
  let [atTheEnd, peeking, sequential] = [0, 0, 0];

  beforeAll(() => {
    const next = seeded(1);
    for (let test = 0; test < tests; test += 1) {
      const [first, second] = [daysOf(next, contacts, rate, days), daysOf(next, contacts, rate, days)];
      let [x, y, everFixed, everSequential, lastFixed] = [0, 0, false, false, false];
      for (let day = 0; day < days; day += 1) {
        x += first[day] ?? 0;
        y += second[day] ?? 0;
        const [one, other] = [x, y].map((successes) => ({ n: contacts, mean: successes / contacts, variance: successes / contacts * (1 - successes / contacts) })) as [Sample, Sample];
        lastFixed = (welch(one, other)?.p ?? 1) <= 0.05;
        everFixed ||= lastFixed;
        if (Math.min(x, y) >= 10) everSequential ||= (alwaysValidRatio(one, other, { alpha: 0.05, expectedRatio: 1.2 })?.p ?? 1) <= 0.05;
      }
      atTheEnd += Number(lastFixed);
      peeking += Number(everFixed);
      sequential += Number(everSequential);
    }
    process.stdout.write(`runs: ${tests} A/A tests: ${atTheEnd} false at the end, ${peeking} by looking daily, ${sequential} sequential ones by looking daily\n`);
  });

  it('are found different at the stated level by one look at the end', () => {
    // 50 expected, with a deviation of 6.9.
    expect(atTheEnd).toBeGreaterThan(25);
    expect(atTheEnd).toBeLessThan(75);
  });

  it('are found different far too often by looking daily with a test for one look', () => { expect(peeking).toBeGreaterThan(120); });

  it('are not by the sequential test, however often one looks', () => { expect(sequential).toBeLessThanOrEqual(50); });
});
