import { addToDay, addToInstant, civil, dayFrom, formatDay, formatInstant, parseDay, weekday } from './calendar.js';
import { daysOf } from './periods.js';
import { instantsOfDays, lies } from './spans.js';
import { countedSpan } from './windows.js';
import { localDay, localTime, startOfDay } from './zones.js';
import type { Period, Unit } from '../definition.js';
import type { Moment } from '../registry/operator.js';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('calendar arithmetic', () => {
  it.each<[string, number, Unit, string]>([
    ['2026-01-31', 1, 'months', '2026-02-28'], ['2024-01-31', 1, 'months', '2024-02-29'], ['2026-03-31', -1, 'months', '2026-02-28'],
    ['2024-02-29', 1, 'years', '2025-02-28'], ['2024-02-29', 4, 'years', '2028-02-29'], ['2026-01-31', 2, 'months', '2026-03-31'],
    ['2026-01-15', -13, 'months', '2024-12-15'], ['2026-03-01', -1, 'days', '2026-02-28'], ['2026-03-01', 2, 'weeks', '2026-03-15'],
    ['0001-01-01', -1, 'days', '0001-12-31 BC'], ['0400-02-29', -400, 'years', '0001-02-29 BC'], ['9999-12-31', 1, 'days', '10000-01-01'],
    ['0050-03-31', -1, 'months', '0050-02-28'],
  ])('moves %s by %i %s to %s', (from, amount, unit, to) => {
    expect(formatDay(addToDay(parseDay(from), amount, unit))).toBe(to);
  });

  it.each<[string, number, Unit, string]>([
    ['2026-03-31T23:59:59.999Z', -1, 'months', '2026-02-28T23:59:59.999Z'], ['2024-02-29T12:00:00.000Z', -1, 'years', '2023-02-28T12:00:00.000Z'],
    ['2026-03-29T01:30:00.000Z', -1, 'days', '2026-03-28T01:30:00.000Z'], ['2026-03-29T01:30:00.000Z', -90, 'minutes', '2026-03-29T00:00:00.000Z'],
  ])('moves the instant %s by %i %s to %s', (from, amount, unit, to) => {
    expect(iso(addToInstant(at(from), amount, unit))).toBe(to);
  });

  it('writes instants as PostgreSQL reads them, in any year', () => {
    expect(formatInstant(at('2026-03-15T12:00:00.007Z'))).toBe('2026-03-15 12:00:00.007+00');
    expect(formatInstant(addToInstant(at('9999-12-31T23:00:00Z'), 2, 'hours'))).toBe('10000-01-01 01:00:00.000+00');
    expect(formatInstant(addToInstant(at('0001-01-01T00:00:00Z'), -1, 'minutes'))).toBe('0001-12-31 23:59:00.000+00 BC');
  });

  it('counts weekdays from Monday', () => {
    expect([weekday(parseDay('2026-03-16')), weekday(parseDay('2026-03-15')), weekday(parseDay('1969-12-28'))]).toEqual([1, 7, 7]);
    expect(civil(dayFrom(1, 1, 1))).toEqual({ year: 1, month: 1, day: 1 });
  });
});

describe('a local day', () => {
  it.each([
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'], ['2018-02-18', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'], ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'], ['2026-03-01', 'Asia/Kathmandu', '2026-02-28T18:15:00.000Z'],
    ['1900-01-01', 'Europe/Berlin', '1899-12-31T23:00:00.000Z'], ['2006-10-29', 'America/St_Johns', '2006-10-29T02:30:00.000Z'],
  ])('%s in %s begins at %s', (day, zone, start) => {
    expect(iso(startOfDay(parseDay(day), zone))).toBe(start);
  });

  it('is empty where the zone skipped it', () => {
    const skipped = instantsOfDays(parseDay('2011-12-30'), parseDay('2011-12-30'), 'Pacific/Apia');
    expect(skipped.from?.at).toBe(skipped.to?.at);
    expect(lies(skipped.from!.at, skipped)).toBe(false);
  });

  it('is that of the wall clock', () => {
    expect(formatDay(localDay(at('2026-03-15T23:30:00Z'), 'Europe/Berlin'))).toBe('2026-03-16');
    expect(localTime(at('2026-03-15T23:30:00Z'), 'America/New_York')).toEqual({ day: parseDay('2026-03-15'), hour: 19, weekday: 7 });
  });
});

describe('a period', () => {
  it.each<[Period, string, string]>([
    ['today', '2026-03-15', '2026-03-15'], ['yesterday', '2026-03-14', '2026-03-14'], ['tomorrow', '2026-03-16', '2026-03-16'],
    ['this_week', '2026-03-09', '2026-03-15'], ['last_week', '2026-03-02', '2026-03-08'], ['next_week', '2026-03-16', '2026-03-22'],
    ['this_month', '2026-03-01', '2026-03-31'], ['last_month', '2026-02-01', '2026-02-28'], ['next_month', '2026-04-01', '2026-04-30'],
    ['this_quarter', '2026-01-01', '2026-03-31'], ['last_quarter', '2025-10-01', '2025-12-31'], ['next_quarter', '2026-04-01', '2026-06-30'],
    ['this_year', '2026-01-01', '2026-12-31'], ['last_year', '2025-01-01', '2025-12-31'], ['next_year', '2027-01-01', '2027-12-31'],
  ])('%s of 15 March 2026 lasts from %s to %s', (period, first, last) => {
    const days = daysOf(period, parseDay('2026-03-15'));
    expect([formatDay(days.first), formatDay(days.last)]).toEqual([first, last]);
  });
});

describe('an event window', () => {
  const moment: Moment = { asOf: at('2026-03-15T12:00:00Z'), timezone: 'Europe/Berlin' };

  it('never reaches beyond asOf, and ends there itself', () => {
    expect(countedSpan(null, moment)).toEqual({ from: null, to: { at: moment.asOf, closed: true } });
    expect(countedSpan({ kind: 'range', from: null, to: { at: at('2030-01-01T00:00:00Z') } }, moment).to).toEqual({ at: moment.asOf, closed: true });
    expect(countedSpan({ kind: 'during', period: 'today' }, moment)).toEqual({
      from: { at: at('2026-03-14T23:00:00Z'), closed: true }, to: { at: moment.asOf, closed: true },
    });
  });

  it('holds both ends of a range, and neither that of olderThan', () => {
    const day = { ago: 1, unit: 'days' } as const;
    expect(countedSpan({ kind: 'range', from: day, to: day }, moment)).toEqual({
      from: { at: moment.asOf - 86_400_000, closed: true }, to: { at: moment.asOf - 86_400_000, closed: true },
    });
    expect(countedSpan({ kind: 'olderThan', amount: 0, unit: 'days' }, moment).to).toEqual({ at: moment.asOf, closed: false });
  });
});
