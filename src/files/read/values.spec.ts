import { booleanOf, dayOf, momentOf, numberOf } from './values.js';

describe('A text of a file', () => {
  it.each([['12', '.', 12], ['-1,234.5', '.', -1234.5], ['1e3', '.', 1000], ['.5', '.', 0.5], ['1.234,5', ',', 1234.5], ['0,5', ',', 0.5], ['+7', ',', 7]] as const)('%s with %s before the fraction is the number %d', (text, decimal, number) => {
    expect(numberOf(text, decimal)).toBe(number);
  });

  it.each([['1,5', '.'], ['1.5', ','], ['1,2345', '.'], ['12.34', ','], ['', '.'], ['-', '.'], ['5 %', '.'], ['0x10', '.'], ['1 000', '.']] as const)('%j with %s before the fraction is no number', (text, decimal) => {
    expect(numberOf(text, decimal)).toBeNull();
  });

  it.each([['31.12.2026', 'dmy'], ['12/31/2026', 'mdy'], ['2026/12/31', 'ymd'], ['2026-12-31', 'dmy'], ['2026-12-31T00:00:00.000', 'iso'], ['31.12.2026 00:00', 'dmy']] as const)('%s in the order %s is that day', (text, dates) => {
    expect(dayOf(text, dates)).toBe('2026-12-31');
  });

  it.each([['31.12.2026', 'mdy'], ['31.12.2026', 'iso'], ['31.12.26', 'dmy'], ['30.02.2026', 'dmy'], ['2026-12-31 18:00', 'iso'], ['2026-12-311', 'iso'], ['', 'iso']] as const)('%j in the order %s is no day', (text, dates) => {
    expect(dayOf(text, dates)).toBeNull();
  });

  it.each([
    ['2026-07-01T12:00:00+02:00', 'iso', undefined, '2026-07-01T10:00:00.000Z'], ['2026-07-01 12:00:00+02', 'iso', undefined, '2026-07-01T10:00:00.000Z'], ['2026-07-01 10:00 UTC', 'iso', undefined, '2026-07-01T10:00:00.000Z'],
    ['01.07.2026 12:00', 'dmy', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'], ['7/1/2026, 6:05:09 PM', 'mdy', 'UTC', '2026-07-01T18:05:09.000Z'], ['7/1/2026 12:00 am', 'mdy', 'UTC', '2026-07-01T00:00:00.000Z'],
    ['01.12.2026', 'dmy', 'Europe/Berlin', '2026-11-30T23:00:00.000Z'], ['2026-12-31T10:00:00.123', 'iso', 'Asia/Kolkata', '2026-12-31T04:30:00.123Z'], ['2026-10-25T02:30:00', 'iso', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ] as const)('%s in the order %s in %s is %s', (text, dates, zone, instant) => {
    expect(momentOf(text, dates, zone)).toBe(instant);
  });

  it.each([['2026-07-01 12:00', 'iso', undefined], ['2026-03-29T02:30:00', 'iso', 'Europe/Berlin'], ['2026-07-01 25:00', 'iso', 'UTC'], ['2026-07-01 13:00 pm', 'iso', 'UTC'], ['soon', 'iso', 'UTC']] as const)('%s in the order %s in %s is no moment', (text, dates, zone) => {
    expect(momentOf(text, dates, zone)).toBeNull();
  });

  it('is true or false by a few English words only', () => {
    expect(['Yes', 'n', '1', 'FALSE', 'ja', ''].map(booleanOf)).toEqual([true, false, true, false, null, null]);
  });
});
