// The same test as a marketer reads it: whom does which mailing move? One experiment for each segment of past buyers, recency
// and spending, mailings against no mailing, from the contacts that 06-hillstrom.mjs has loaded. Prints the lift in visits,
// conversions and spending with its interval, corrected for how many were compared, and holds each to a calculation of its own.
//
//   node examples/06-hillstrom.mjs http://127.0.0.1:3000 sk_… [hillstrom.csv] [--rows 3000]
//   node examples/07-hillstrom-by-segment.mjs http://127.0.0.1:3000 sk_… [hillstrom.csv] [--rows 3000]
//
// An experiment counts what happens after its start, so what the file says of the two weeks is sent once more as of then.
// Run again, it reads the experiments that are there. Exits with 1 where anything differs.
import { client } from './lib/client.mjs';
import { groups, readArguments, readCustomers } from './lib/hillstrom.mjs';

const [url, apiKey, file, rows] = readArguments('07-hillstrom-by-segment.mjs', process.argv.slice(2));
const { send, all, inBatches } = client(url, apiKey);
const [mens, womens, control] = groups;
const arms = [control, mens, womens];
const level = 0.05;
const metrics = [
  { metric: 'click', title: 'visits', of: c => Number(c.visited), show: percent },
  { metric: 'conversion', title: 'conversions', of: c => Number(c.bought), show: percent },
  { metric: 'revenue', title: 'spend', of: c => c.cents / 100, show: dollars },
];

const customers = await readCustomers(file, rows);
const cells = await measure(await startAll());
const differing = cells.filter(cell => !agrees(cell));
correct(cells);
print(cells);
for (const { name, arm, metric, found, own } of differing) console.log(`DIFFERS: ${name}, ${arm}, ${metric.title}: ${JSON.stringify({ found, own })}`);
console.log(`\n${cells.length - differing.length} the same, ${differing.length} differ`);
process.exitCode = differing.length === 0 ? 0 : 1;

/** The segments, each as the service gets it and in JavaScript. */
function definitions() {
  const field = (key, operator, value) => ({ field: `customField.${key}`, operator, value });
  const bought = (m, w) => [field('mens', 'equals', m), field('womens', 'equals', w)];
  return [
    { name: 'Everyone', conditions: [], holds: () => true },
    { name: 'Bought men’s only', conditions: bought(true, false), holds: c => c.mens && !c.womens },
    { name: 'Bought women’s only', conditions: bought(false, true), holds: c => c.womens && !c.mens },
    { name: 'Bought both', conditions: bought(true, true), holds: c => c.mens && c.womens },
    { name: 'Last purchase 1–3 months ago', conditions: [field('recency', 'less_or_equal', 3)], holds: c => c.recency <= 3 },
    { name: 'Last purchase 4–8 months ago', conditions: [field('recency', 'between', [4, 8])], holds: c => c.recency >= 4 && c.recency <= 8 },
    { name: 'Last purchase over 8 months ago', conditions: [field('recency', 'greater_than', 8)], holds: c => c.recency > 8 },
    { name: 'Spent under 100', conditions: [field('history', 'less_than', 100)], holds: c => c.history < 100 },
    { name: 'Spent 100 to 350', conditions: [field('history', 'between', [100, 350])], holds: c => c.history >= 100 && c.history <= 350 },
    { name: 'Spent over 350', conditions: [field('history', 'greater_than', 350)], holds: c => c.history > 350 },
  ];
}

/** Starts each experiment that is not there, then sends what came of the mailings. */
async function startAll() {
  const known = new Map((await all('/experiments')).map(experiment => [experiment.name, experiment]));
  const segmentIds = new Map((await all('/segments')).map(({ name, id }) => [name, id]));
  const started = [];
  for (const { name, conditions, holds } of definitions()) {
    let experiment = known.get(`Hillstrom: ${name}`);
    if (experiment === undefined) {
      const sides = [];
      for (const arm of arms) sides.push({ name: arm, segmentId: segmentIds.get(`${name} · ${arm}`) ?? await makeSegment(`${name} · ${arm}`, arm, conditions), share: 1 });
      experiment = await send('POST', '/experiments', {
        name: `Hillstrom: ${name}`, hypothesis: 'A mailing brings people to the shop, and some of them more than others.', design: 'segments',
        metric: 'click', secondaryMetrics: ['conversion', 'revenue'], baseline: 0.1, minimumEffect: 0.02, arms: sides,
      });
    }
    if (experiment.status === 'draft') experiment = await send('POST', `/experiments/${experiment.id}/start`);
    started.push({ name, holds, id: experiment.id, startedAt: experiment.startedAt });
  }
  // The last start of all, so that every experiment counts them.
  const occurredAt = started.map(({ startedAt }) => startedAt).sort().at(-1);
  const events = customers.flatMap(({ email, visited, bought, cents }) => [
    ...(visited ? [{ id: `by-segment:clicked:${email}`, type: 'clicked', email, occurredAt }] : []),
    ...(bought ? [{ id: `by-segment:converted:${email}`, type: 'converted', email, occurredAt, revenue: cents / 100 }] : []),
  ]);
  await inBatches('events', events, batch => send('POST', '/events/batch', { events: batch }));
  return started;
}

async function makeSegment(name, group, conditions) {
  const { id } = await send('POST', '/segments', {
    name, type: 'dynamic', labels: ['hillstrom'],
    rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'customField.email_group', operator: 'equals', value: group }, ...conditions] }] },
  });
  return id;
}

/** What the service says of each segment, mailing and metric, beside the same from the file. */
async function measure(started) {
  const found = [];
  for (const { name, holds, id } of started) {
    const results = await send('GET', `/experiments/${id}/results`);
    const inside = customers.filter(holds);
    for (const arm of [mens, womens]) {
      for (const metric of metrics) {
        const [own, other] = [arm, control].map(group => inside.filter(c => c.group === group).map(metric.of));
        const said = results.comparisons.find(one => one.metric === metric.metric && one.arm === arm);
        const contacts = results.arms.find(one => one.name === arm).contacts;
        found.push({
          name, arm, metric,
          found: { contacts, effect: said.effect, low: said.interval?.low ?? null, high: said.interval?.high ?? null, p: said.pValue },
          own: { contacts: own.length, ...(metric.metric === 'revenue' ? meansApart(own, other) : proportionsApart(own, other)) },
        });
      }
    }
  }
  return found;
}

/** Newcombe's interval of a difference of two proportions, of their Wilson intervals (1998, method 10). */
function proportionsApart(a, b) {
  const z = 1.959963984540054;
  const wilson = values => {
    const [n, p] = [values.length, mean(values)];
    const [middle, half] = [(p + z * z / (2 * n)) / (1 + z * z / n), z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)];
    return { p, low: middle - half, high: middle + half };
  };
  const [one, other] = [wilson(a), wilson(b)];
  const effect = one.p - other.p;
  return { effect, low: effect - Math.hypot(one.p - one.low, other.high - other.p), high: effect + Math.hypot(one.high - one.p, other.p - other.low) };
}

/** Welch's interval of a difference of two means; the quantile of Student's t by its expansion in the normal one. */
function meansApart(a, b) {
  const [one, other] = [a, b].map(values => ({ n: values.length, mean: mean(values), variance: variance(values) }));
  const [va, vb] = [one.variance / one.n, other.variance / other.n];
  const nu = (va + vb) ** 2 / (va ** 2 / (one.n - 1) + vb ** 2 / (other.n - 1));
  const z = 1.959963984540054;
  const t = z + (z ** 3 + z) / (4 * nu) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * nu ** 2);
  const [effect, half] = [one.mean - other.mean, t * Math.sqrt(va + vb)];
  return { effect, low: effect - half, high: effect + half };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values) {
  const m = mean(values);
  return values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1);
}

/** No interval of spending where nobody bought: there is nothing to go by. */
function agrees({ found, own }) {
  const near = (a, b) => Math.abs(a - b) <= 1e-5 * (1 + Math.abs(b));
  return found.contacts === own.contacts && near(found.effect, own.effect) && (found.low === null ? own.low === own.high : near(found.low, own.low) && near(found.high, own.high));
}

/** Holm's correction over the whole table: the smallest p-value times all, the next times one less, never falling. */
function correct(list) {
  const sorted = [...list].sort((a, b) => (a.found.p ?? 1) - (b.found.p ?? 1));
  sorted.reduce((before, cell, place) => {
    cell.adjusted = Math.min(1, Math.max(before, (cell.found.p ?? 1) * (sorted.length - place)));
    return cell.adjusted;
  }, 0);
}

function print(list) {
  console.log(`Lift over ${control}, with its 95 % interval; * differs at ${level} after Holm's correction for all ${list.length} comparisons\n`);
  console.log(`| segment | mailing | customers | ${metrics.map(({ title }) => title).join(' | ')} |`);
  console.log(`|---|---|---:|${metrics.map(() => '---:|').join('')}`);
  for (let first = 0; first < list.length; first += metrics.length) {
    const line = list.slice(first, first + metrics.length);
    const cell = ({ metric: { show }, found, adjusted }) =>
      `${show(found.effect)} (${found.low === null ? '–' : `${show(found.low)} to ${show(found.high)}`})${adjusted <= level ? ' *' : ''}`;
    console.log(`| ${line[0].name} | ${line[0].arm} | ${line[0].found.contacts} | ${line.map(cell).join(' | ')} |`);
  }
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}

function dollars(amount) {
  return amount.toFixed(2);
}
