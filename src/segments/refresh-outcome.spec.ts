import { laterAfter } from './refresh-outcome.js';

describe('A refresh that failed', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const minutes = (failures: number, tookMs?: number): number => (laterAfter(failures, now, tookMs).getTime() - now.getTime()) / 60_000;

  it('is tried again a minute later, then later each time, an hour at most', () => {
    expect([0, 1, 2, 5, 6, 10].map((failures) => minutes(failures, 1000))).toEqual([1, 2, 4, 32, 60, 60]);
  });

  it('takes a tenth of the time at most: one that was ended after ten minutes waits for an hour and a half', () => {
    expect([minutes(0, 600_000), minutes(10, 600_000), minutes(0, 30_000)]).toEqual([90, 90, 4.5]);
  });
});
