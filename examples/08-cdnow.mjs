// Real purchases, from a file to customers who come back: all that 23,570 customers of an online shop for music bought from
// January 1997 to June 1998 (Fader and Hardie). Imports the file as it is, as `converted` events with revenue, and prints who
// bought again as of several days of the past, cohorts by the week of the first purchase, and RFM, each beside a calculation
// of its own.
//
//   node examples/08-cdnow.mjs http://127.0.0.1:3000 sk_… [cdnow_master.txt] [--every 20]
//
// `--every 20`: each twentieth customer. Needs Node 20 or newer and nothing else; exits with 1 where anything differs. What is
// there from an earlier run is left as it is; take a tenant that has not loaded another share of the customers.
import { boughtUntil, cohortsOf, dayMs, readPurchases, rfmOf } from './lib/cdnow.mjs';
import { client } from './lib/client.mjs';

const [url, apiKey, file, every] = readArguments(process.argv.slice(2));
const { send, all, inBatches, importFile } = client(url, apiKey);
const days = ['1997-03-31', '1997-06-30', '1997-12-31', '1998-06-30'];
/** From the first purchases to the last. */
const weeksFollowed = 78;
const customerField = { field: 'customField.cdnow_customer', operator: 'is_set' };

let [same, differing] = [0, 0];
await main();

async function main() {
  const { text, purchases } = await readPurchases(file, every);
  const customers = [...new Set(purchases.map(({ customer }) => customer))];
  const { created, skipped } = await load(text, customers);
  console.log(`${number(customers.length)} customers, ${number(purchases.length)} purchases: ${number(created)} imported, ${number(skipped)} there before`);
  await printSegments(purchases);
  const segmentId = await makeSegment();
  await holdMembers(segmentId, customers);
  await printCohorts(segmentId, purchases);
  await printRfm(segmentId, purchases);
  console.log(`\n${number(same)} figures the same, ${differing} differ`);
  process.exitCode = differing === 0 ? 0 : 1;
}

/** Customers are found by their number, which is a field of their own. */
async function load(text, customers) {
  if (!(await all('/custom-fields')).some(({ key }) => key === 'cdnow_customer')) {
    await send('POST', '/custom-fields', { key: 'cdnow_customer', label: 'CDNOW customer', type: 'text' });
  }
  const contacts = customers.map(customer => ({ email: `${customer}@cdnow.example`, source: 'cdnow', customFields: { cdnow_customer: customer } }));
  await inBatches('contacts', contacts, batch => send('POST', '/contacts/batch', { contacts: batch, onDuplicate: 'skip' }));
  return await importFile({
    kind: 'events', delimiter: 'whitespace', timezone: 'UTC', fixed: JSON.stringify({ type: 'converted' }),
    mapping: JSON.stringify({
      customer_id: 'customFields.cdnow_customer', date: { field: 'occurredAt', dates: 'ymd' }, number_of_cds: { field: 'properties.units', as: 'number' }, dollar_value: 'revenue',
    }),
  }, text);
}

/** Each segment as the service gets it, with the same in JavaScript over what a customer bought up to the day. */
function definitions() {
  const purchase = (operator, value, more = {}) => ({ event: 'converted', count: { operator, value }, ...more });
  const within = last => ({ window: { last, unit: 'days' } });
  const since = (bought, until, last) => bought.filter(({ at }) => at >= until - last * dayMs);
  return [
    { name: 'bought', conditions: [purchase('greater_or_equal', 1)], holds: () => true },
    { name: 'bought again', conditions: [purchase('greater_or_equal', 2)], holds: bought => bought.length >= 2 },
    { name: 'bought twice in 90 days', conditions: [purchase('greater_or_equal', 2, within(90))], holds: (bought, until) => since(bought, until, 90).length >= 2 },
    {
      name: 'bought again, nothing in 180 days', conditions: [purchase('greater_or_equal', 2), purchase('equals', 0, within(180))],
      holds: (bought, until) => bought.length >= 2 && since(bought, until, 180).length === 0,
    },
    {
      name: 'spent 200 or more', conditions: [purchase('greater_or_equal', 200, { measure: 'revenue' })],
      holds: bought => bought.reduce((sum, { cents }) => sum + cents, 0) >= 20_000,
    },
  ];
}

function rulesOf(conditions) {
  return { match: 'all', groups: [{ match: 'all', conditions: [customerField, ...conditions] }] };
}

async function printSegments(purchases) {
  head('Customers who … as of the end of the day: service / own', ['', ...days]);
  for (const { name, conditions, holds } of definitions()) {
    const cells = [];
    for (const day of days) {
      const asOf = `${day}T23:59:59.999Z`;
      const { count } = await send('POST', '/segments/preview', { rules: rulesOf(conditions), asOf, exact: true, sampleLimit: 1 });
      const until = Date.parse(asOf);
      cells.push(beside(count, [...boughtUntil(purchases, until).values()].filter(bought => holds(bought, until)).length));
    }
    row([name, ...cells]);
  }
}

async function makeSegment() {
  const name = 'CDNOW: customers';
  const { id } = (await all('/segments')).find(one => one.name === name) ?? await send('POST', '/segments', { name, type: 'dynamic', rules: rulesOf([]) });
  const { status, error } = await send('POST', `/segments/${id}/refresh`, { waitSeconds: 60 });
  if (status !== 'succeeded') throw new Error(`The refresh is ${status}: ${error}`);
  return id;
}

async function holdMembers(segmentId, customers) {
  const members = new Set((await all(`/segments/${segmentId}/contacts`)).map(({ customFields }) => customFields.cdnow_customer));
  console.log(`\nMembers of “CDNOW: customers”, one by one: ${beside(customers.filter(customer => members.has(customer)).length, members.size)}`);
}

async function printCohorts(segmentId, purchases) {
  const { cohorts } = await send('GET', `/segments/${segmentId}/cohorts?by=firstConversion&from=1997-01-01&to=1998-06-30&weeks=${weeksFollowed}`);
  const own = cohortsOf(purchases, weeksFollowed);
  // Every week of every cohort, one by one; the table sums some of them up.
  for (const [at, { week, size, weeks }] of own.entries()) {
    const found = cohorts[at];
    beside(found?.week, week);
    beside(found?.size, size);
    for (const [since, sums] of weeks.entries()) {
      const said = found?.weeks[since];
      // The service ends with the week of today.
      if (said === undefined && sums.purchases === 0) continue;
      beside(said?.converted, sums.customers);
      beside(said?.conversions, sums.purchases);
      beside(said === undefined ? undefined : Math.round(said.revenue * 100), sums.cents);
    }
  }
  beside(cohorts.length, own.length);
  head('Cohorts by the week of the first purchase: service / own', ['Monday', 'customers', 'purchases in weeks 1–12', 'in weeks 13–52', 'revenue of all weeks']);
  for (const [at, { week, size, weeks }] of own.entries()) {
    const found = cohorts[at] ?? { weeks: [] };
    const sum = (list, key, from, to) => list.slice(from, to + 1).reduce((all, one) => all + one[key], 0);
    const both = (from, to) => beside(sum(found.weeks, 'conversions', from, to), sum(weeks, 'purchases', from, to));
    row([week, beside(found.size, size), both(1, 12), both(13, 52), beside(dollars(Math.round(sum(found.weeks, 'revenue', 0, weeksFollowed) * 100)), dollars(sum(weeks, 'cents', 0, weeksFollowed)))]);
  }
}

async function printRfm(segmentId, purchases) {
  const rfm = await send('GET', `/segments/${segmentId}/rfm`);
  const { cells, spent } = rfmOf(purchases);
  const found = new Map(rfm.cells.map(cell => [`${cell.recency}-${cell.frequency}-${cell.monetary}`, cell]));
  for (const name of new Set([...cells.keys(), ...found.keys()])) {
    const [said, own] = [found.get(name), cells.get(name)];
    beside(said?.contacts, own?.contacts);
    beside(Math.round((said?.revenue ?? 0) * 100), own?.cents);
    beside(Math.round((said?.meanConversions ?? 0) * (said?.contacts ?? 0)), own?.purchases);
  }
  const scores = [5, 4, 3, 2, 1];
  head('Customers by recency (down, 5 bought last) and frequency (across, 5 most often): service / own', ['', ...scores]);
  for (const recency of scores) {
    const count = (map, frequency) => scores.reduce((sum, monetary) => sum + (map.get(`${recency}-${frequency}-${monetary}`)?.contacts ?? 0), 0);
    row([recency, ...scores.map(frequency => beside(count(found, frequency), count(cells, frequency)))]);
  }
  head('Tenths by what they spent: service / own', ['', 'customers', 'revenue', 'share of all']);
  const everything = spent.reduce((sum, cents) => sum + cents, 0);
  for (const { decile, contacts, revenue, share } of rfm.deciles) {
    // The first tenths are those that are one larger.
    const [begin, end] = [decile - 1, decile].map(tenths => tenths * Math.floor(spent.length / 10) + Math.min(tenths, spent.length % 10));
    const cents = spent.slice(begin, end).reduce((sum, one) => sum + one, 0);
    row([decile, beside(contacts, end - begin), beside(dollars(Math.round(revenue * 100)), dollars(cents)), beside(percent(share), percent(cents / everything))]);
  }
}

/** Both, where they differ with a mark; counted. */
function beside(found, own) {
  const agree = found === own;
  if (agree) same += 1;
  else differing += 1;
  const [left, right] = [found, own].map(value => (typeof value === 'number' ? number(value) : String(value)));
  return `${left} / ${right}${agree ? '' : ' DIFFERS'}`;
}

function head(title, names) {
  console.log(`\n${title}\n`);
  row(names);
  row(names.map((_, at) => (at === 0 ? '---' : '---:')));
}

function row(cells) {
  console.log(`| ${cells.join(' | ')} |`);
}

function number(value) {
  return value.toLocaleString('en');
}

function dollars(cents) {
  return (cents / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function readArguments(args) {
  const at = args.indexOf('--every');
  const nth = at === -1 ? 1 : Number(args.splice(at, 2)[1]);
  const [service, key, path = new URL('../../shared/data/cdnow_master.txt', import.meta.url)] = args;
  if (service === undefined || key === undefined || !(nth >= 1)) {
    console.error('node examples/08-cdnow.mjs <service URL> <API key> [cdnow_master.txt] [--every N]');
    process.exit(2);
  }
  return [service.replace(/\/$/, ''), key, path, nth];
}
