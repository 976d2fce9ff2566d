import fc, { type Arbitrary } from 'fast-check';
import {
  addToInstant, fold, foldedSql, formatDay, formatInstant, localTime, operatorOf, parse, periods, sql, startOfDay,
  type FieldCondition, type Moment, type Period, type Sql, type Unit,
} from '#rules';
import { vocabularyWith } from '../support/rule-definitions.js';
import { budget, hold } from '../support/runs.js';
import { WorldDatabase } from '../support/world-database.js';
import { amounts, days, instants, moments, zones } from '../support/worlds.js';

const VALUES = 60;
const EVERYONE = { match: 'all', groups: [] } as const;
const vocabulary = vocabularyWith({ match: 'all', groups: [] }, { match: 'all', groups: [] });

/** The rule language once more, in PostgreSQL's own arithmetic: x on a moment, by nothing of `libs/rules`. */
interface Frame { readonly x: Sql; readonly asOf: Sql; readonly zone: Sql; readonly days: boolean }
type Say = (frame: Frame, value: never) => Sql;

const today = ({ asOf, zone }: Frame): Sql => sql`(${asOf} at time zone ${zone})::date`;
const length = (amount: number, unit: Unit): Sql => sql`${`${amount} ${unit}`}::interval`;
const moved = (frame: Frame, sign: '+' | '-', { amount, unit }: { amount: number; unit: Unit }): Sql => frame.days
  ? sql`(${today(frame)} ${sql.raw(sign)} ${length(amount, unit)})::date`
  : sql`((${frame.asOf} at time zone 'UTC' ${sql.raw(sign)} ${length(amount, unit)}) at time zone 'UTC')`;
const present = (frame: Frame): Sql => (frame.days ? today(frame) : frame.asOf);
const own = ({ x, zone, days: isDay }: Frame): Sql => (isDay ? x : sql`(${x} at time zone ${zone})::date`);

type PointJson = string | { relative: 'today' | 'now'; plus?: number; unit?: Unit } | { ago: number; unit: Unit } | { fromNow: number; unit: Unit };

/** What a point is compared with, and by what: local days, or instants. */
function sidesOf(frame: Frame, json: PointJson): { x: Sql; point: Sql } {
  const byDay = (point: Sql): { x: Sql; point: Sql } => ({ x: own(frame), point });
  if (typeof json === 'string') {
    if (json.length === 10) return byDay(sql`${json}::date`);
    return frame.days ? byDay(sql`(${json}::timestamptz at time zone ${frame.zone})::date`) : { x: frame.x, point: sql`${json}::timestamptz` };
  }
  if ('relative' in json) {
    if (json.relative === 'today') return byDay(sql`(${today(frame)} + ${length(json.plus ?? 0, json.unit ?? 'days')})::date`);
    return { x: frame.x, point: present(frame) };
  }
  const [sign, amount] = 'ago' in json ? ['-', json.ago] as const : ['+', json.fromNow] as const;
  return { x: frame.x, point: moved(frame, sign, { amount, unit: json.unit }) };
}

const compared = (sign: string) => (frame: Frame, json: PointJson): Sql => {
  const { x, point } = sidesOf(frame, json);
  return sql`${x} ${sql.raw(sign)} ${point}`;
};

function periodOf(frame: Frame, period: Period): Sql {
  const shifts: Record<string, number> = { yesterday: -1, today: 0, tomorrow: 1, last: -1, this: 0, next: 1 };
  const [which, unit = 'day'] = period.split('_') as [string, string?];
  const interval = unit === 'quarter' ? '3 months' : `1 ${unit}`;
  const start = sql`date_trunc(${unit}::text, ${today(frame)}::timestamp) + ${shifts[which]}::int * ${interval}::interval`;
  return sql`${own(frame)} >= (${start})::date and ${own(frame)} < (${start} + ${interval}::interval)::date`;
}

function anniversaryOf(frame: Frame, json: 'today' | 'this_month' | { within_next: number } | { in_days: number }): Sql {
  const now = today(frame);
  const [from, to] = json === 'today' ? [now, now]
    : json === 'this_month' ? [sql`date_trunc('month', ${now}::timestamp)`, sql`date_trunc('month', ${now}::timestamp) + interval '1 month - 1 day'`]
      : 'within_next' in json ? [now, sql`${now} + ${json.within_next}::int`]
        : [sql`${now} + ${json.in_days}::int`, sql`${now} + ${json.in_days}::int`];
  const since = sql`(extract(year from ${now}) - extract(year from ${own(frame)}))::int`;
  // Adding years clamps 29 February to the 28th, from the day itself and so never for good.
  return sql`exists (select from generate_series(greatest(1, ${since} - 1), ${since} + 3) as years (n)
    where ${own(frame)} + make_interval(years => n) between ${from} and ${to})`;
}

const contract: Readonly<Record<string, Say>> = {
  before: compared('<'), after: compared('>'), on_or_before: compared('<='), on_or_after: compared('>='), on: compared('='),
  between: (frame, [from, to]: [PointJson, PointJson]) => sql`${compared('>=')(frame, from)} and ${compared('<=')(frame, to)}`,
  within_last: (frame, n: { amount: number; unit: Unit }) => sql`${frame.x} between ${moved(frame, '-', n)} and ${present(frame)}`,
  within_next: (frame, n: { amount: number; unit: Unit }) => sql`${frame.x} between ${present(frame)} and ${moved(frame, '+', n)}`,
  more_than_ago: (frame, n: { amount: number; unit: Unit }) => sql`${frame.x} < ${moved(frame, '-', n)}`,
  more_than_from_now: (frame, n: { amount: number; unit: Unit }) => sql`${frame.x} > ${moved(frame, '+', n)}`,
  during: periodOf, anniversary: anniversaryOf,
};

const dayAmounts = amounts.filter(({ unit }) => unit !== 'hours' && unit !== 'minutes');

function point(asOf: number, isDay: boolean): Arbitrary<PointJson> {
  const lengths = fc.constantFrom(...(isDay ? dayAmounts : amounts));
  return fc.oneof(
    days(asOf), instants(asOf).map((at) => new Date(at).toISOString()),
    fc.constantFrom<PointJson>({ relative: 'today' }, { relative: 'now' }),
    fc.tuple(fc.constantFrom(...dayAmounts), fc.constantFrom(-1, 1))
      .map(([{ amount, unit }, sign]): PointJson => ({ relative: 'today', plus: sign * amount, unit })),
    lengths.map(({ amount, unit }): PointJson => ({ ago: amount, unit })), lengths.map(({ amount, unit }): PointJson => ({ fromNow: amount, unit })));
}

function valueFor(operator: string, asOf: number, isDay: boolean): Arbitrary<unknown> {
  if (operator === 'between') return fc.tuple(point(asOf, isDay), point(asOf, isDay));
  if (operator === 'during') return fc.constantFrom(...periods);
  if (operator === 'anniversary') {
    const some = fc.constantFrom(0, 1, 7, 30, 365, 366);
    return fc.oneof(fc.constantFrom('today', 'this_month'), fc.record({ within_next: some }), fc.record({ in_days: some }));
  }
  if (/last|next|more_than/.test(operator)) return fc.constantFrom(...(isDay ? dayAmounts : amounts));
  return point(asOf, isDay);
}

const tests = fc.record({
  asOf: fc.constantFrom(...moments), zone: fc.constantFrom(...zones), operator: fc.constantFrom(...Object.keys(contract), 'anniversary'), isDay: fc.boolean(),
}).chain((drawn) => fc.record({
  ...Object.fromEntries(Object.entries(drawn).map(([key, value]) => [key, fc.constant(value)])) as { [K in keyof typeof drawn]: Arbitrary<(typeof drawn)[K]> },
  json: valueFor(drawn.operator, drawn.asOf, drawn.isDay),
  // The values lie on the edges of this very `asOf`.
  values: fc.array<string | number>(drawn.isDay ? days(drawn.asOf) : instants(drawn.asOf), { minLength: VALUES, maxLength: VALUES }),
}));

describe('time', () => {
  let database: WorldDatabase;
  beforeAll(async () => { database = await WorldDatabase.open(); });
  afterAll(async () => { await database.close(); });

  it('is told by every operator as PostgreSQL’s own arithmetic tells it', async () => {
    let count = 0;
    await hold('operators of time = the rule language in PostgreSQL', fc.asyncProperty(tests, async ({ asOf, zone, operator, isDay, json, values }) => {
      const type = isDay ? 'date' : 'datetime';
      const { rule } = parse({ ...EVERYONE, timezone: zone, groups: [{
        match: 'all', conditions: [{ field: `customField.${type}`, operator, value: json }],
      }] }, vocabulary);
      if (rule === undefined) return;
      count += 1;
      const moment: Moment = { asOf, timezone: zone };
      const { test } = rule.groups[0]!.conditions[0] as FieldCondition;
      const row = operatorOf(type, operator)!;
      const texts = values.map((value) => (typeof value === 'number' ? formatInstant(value) : value));
      const x = isDay ? sql`x::date` : sql`x::timestamptz`;
      const frame: Frame = { x, asOf: sql`${new Date(asOf).toISOString()}::timestamptz`, zone: sql`${zone}::text`, days: isDay };
      const answers = await database.rows<{ told: boolean; made: boolean }>(sql`
        select ${contract[operator]!(frame, json as never)} as told, ${row.sql(x, test.value, moment)} as made
        from unnest(${texts}::text[]) with ordinality as given (x, n) order by n`);
      answers.forEach(({ told, made }, index) => {
        const holds = row.holds(values[index], test.value, moment);
        if (told === made && told === holds) return;
        throw new Error(`${type} ${texts[index]} ${operator} ${JSON.stringify(json)} at ${new Date(asOf).toISOString()} in ${zone}: `
          + `PostgreSQL ${told}, the row's SQL ${made}, its twin ${holds}`);
      });
    }), () => `${count} tests of ${VALUES} values`);
  }, budget * 2 + 60_000);

  it('moves, and falls into local days and hours, as in PostgreSQL', async () => {
    const moves = fc.record({
      at: fc.constantFrom(...moments).chain(instants), zone: fc.constantFrom(...zones), sign: fc.constantFrom(-1, 1), by: fc.constantFrom(...amounts),
    });
    let count = 0;
    await hold('arithmetic of time = PostgreSQL', fc.asyncProperty(fc.array(moves, { minLength: VALUES, maxLength: VALUES }), async (drawn) => {
      const rows = drawn.map(({ at, zone, sign, by }) => {
        const { day, hour, weekday } = localTime(at, zone);
        return {
          at: formatInstant(at), zone, by: `${sign * by.amount} ${by.unit}`, hour, weekday, day: formatDay(day),
          moved: formatInstant(addToInstant(at, sign * by.amount, by.unit)), start: formatInstant(startOfDay(day, zone)),
        };
      });
      count += rows.length;
      const wrong = await database.rows<{ given: unknown }>(sql`
        select to_jsonb(g) as given from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as g (
          at timestamptz, zone text, by interval, hour int, weekday int, day date, moved timestamptz, start timestamptz)
        where (at at time zone 'UTC' + by) at time zone 'UTC' <> moved or (at at time zone zone)::date <> day
          or extract(hour from at at time zone zone) <> hour or extract(isodow from at at time zone zone) <> weekday
          or day::timestamp at time zone zone <> start`);
      if (wrong.length > 0) throw new Error(JSON.stringify(wrong[0]));
    }), () => `${count} instants`);
  }, budget * 2 + 60_000);
});

describe('letter case', () => {
  it('is folded over all code points as in PostgreSQL, but for those that one of the two does not know yet', async () => {
    const database = await WorldDatabase.open();
    const rows = await database.rows<{ point: number; folded: string }>(sql`
      select n as point, ${foldedSql(sql`letter`)} as folded from generate_series(1, 1114111) as n,
        lateral (select case when n not between 55296 and 57343 then chr(n) end as letter) as letters
      where ${foldedSql(sql`letter`)} <> letter`);
    await database.close();
    const foldedThere = new Map(rows.map(({ point, folded }) => [point, folded]));
    const differing: number[] = [];
    for (let code = 1; code <= 0x10ffff; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const letter = String.fromCodePoint(code);
      if (fold(letter) !== (foldedThere.get(code) ?? letter)) differing.push(code);
    }
    expect(foldedThere.size).toBeGreaterThan(1_400);
    expect(differing.length).toBeLessThanOrEqual(28);
  });
});
