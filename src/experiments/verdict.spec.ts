import type { Adjusted } from './compare.js';
import type { Plan } from './plan.js';
import { type Standing, verdictOf } from './verdict.js';

const arm = (name: string) => ({ name, segmentId: null, campaignId: null, share: 1, holdout: false });
const plan: Plan = {
  design: 'split', metric: 'conversion', secondaryMetrics: ['revenue'], baseline: 0.1, standardDeviation: null, minimumEffect: 0.02, alpha: 0.05, power: 0.8,
  segmentId: null, arms: [arm('A'), arm('B')],
};
const compared = (over: Partial<Adjusted>): Adjusted => ({
  metric: 'conversion', arm: 1, effect: 0.01, interval: null, p: 0.5, method: '', bootstrap: null, cuped: null, sequential: null, adjustedP: 0.5, adjustedSequentialP: 0.5, ...over,
});
const standing = (over: Partial<Standing>, one: Partial<Adjusted> = {}): Standing => (
  { plan, stage: 'running', mismatch: false, smallestArm: 500, requiredPerArm: 400, compared: [compared(one)], ...over });

describe('What may be said of an experiment', () => {
  it('is not yet, with what is missing, while the sequential test finds nothing, whatever the test for one look says', () => {
    expect(verdictOf(standing({ smallestArm: 150 }, { adjustedP: 0.001 }))).toMatchObject({ status: 'not-yet', remainingPerArm: 250 });
    expect(verdictOf(standing({}, { adjustedP: 0.001 }))).toMatchObject({ status: 'not-yet', remainingPerArm: 0 });
  });

  it('is a difference as soon as the sequential test finds one, of the metric that decides', () => {
    expect(verdictOf(standing({ smallestArm: 150 }, { adjustedSequentialP: 0.05 }))).toMatchObject({ status: 'difference', reason: expect.stringContaining('"B"') });
    expect(verdictOf(standing({}, { adjustedSequentialP: 0.001, metric: 'revenue' }))).toMatchObject({ status: 'not-yet' });
  });

  it('is by the test for one look where it is stopped with as many as planned', () => {
    expect(verdictOf(standing({ stage: 'stopped' }, { adjustedP: 0.05 }))).toMatchObject({ status: 'difference' });
    expect(verdictOf(standing({ stage: 'stopped' }))).toMatchObject({ status: 'no-difference' });
    expect(verdictOf(standing({ stage: 'stopped', smallestArm: 399 }, { adjustedP: 0.001 }))).toMatchObject({ status: 'inconclusive', remainingPerArm: 1 });
  });

  it('is that it has not started, with all that is missing', () => {
    expect(verdictOf(standing({ stage: 'not-started', smallestArm: 0 }))).toMatchObject({ status: 'not-started', remainingPerArm: 400 });
  });

  it('is nothing but the mismatch where there is one', () => {
    expect(verdictOf(standing({ mismatch: true }, { adjustedSequentialP: 0.0001 }))).toMatchObject({ status: 'mismatch' });
  });
});
