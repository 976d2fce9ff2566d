import { dateOfSerial, formOf, serialOfDay } from './day-cell.js';

describe('A day in a cell', () => {
  it.each([['1900-03-01', 61], ['2000-02-29', 36_585], ['2026-12-31', 46_387], ['9999-12-31', 2_958_465]])('%s is %d, and read as what it was', (day, serial) => {
    expect(serialOfDay(day)).toBe(serial);
    expect(dateOfSerial(serial, 'day', false)).toBe(day);
  });

  it.each(['0001-01-01', '1899-12-31', '1900-02-28', '10000-01-01', 'tomorrow'])('is not to be had for %s', (day) => {
    expect(serialOfDay(day)).toBeNull();
  });

  it('before the 29 February 1900 that never was is read as spreadsheets show it', () => {
    expect([1, 59, 61].map((serial) => dateOfSerial(serial, 'day', false))).toEqual(['1900-01-01', '1900-02-28', '1900-03-01']);
  });

  it('of a workbook that counts from 1904 is read so', () => {
    expect([0, 44_925].map((serial) => dateOfSerial(serial, 'day', true))).toEqual(['1904-01-01', '2026-12-31']);
  });

  it('has its time where it has or shows one, to the millisecond', () => {
    expect(dateOfSerial(46_387.75, 'day', false)).toBe('2026-12-31T18:00:00.000');
    expect(dateOfSerial(46_387, 'moment', false)).toBe('2026-12-31T00:00:00.000');
    expect(dateOfSerial(46_387 + 1 / 86_400_000, 'moment', false)).toBe('2026-12-31T00:00:00.001');
  });

  it.each([[-1, 'day'], [2_958_466, 'day'], [46_387, 'number']] as const)('is none for %d as a %s', (serial, form) => {
    expect(dateOfSerial(serial, form, false)).toBe(serial);
  });
});

describe('The number format', () => {
  it.each([[14, undefined, 'day'], [22, undefined, 'moment'], [0, undefined, 'number'], [49, undefined, 'number'], [164, 'yyyy\\-mm\\-dd', 'day'],
    [164, '[$-407]d. mmmm yyyy;@', 'day'], [164, 'dd/mm/yyyy hh:mm', 'moment'], [164, 'mmm', 'day'], [164, 'mm:ss', 'number'], [164, '[h]:mm', 'number'],
    [164, '0 "days"', 'number'], [164, '[Red]0.00', 'number'], [164, 'General', 'number'], [164, '#,##0.00 €', 'number'],
  ] as const)('%d %s shows a %s', (id, code, form) => {
    expect(formOf(id, code)).toBe(form);
  });
});
