// A real experiment, from a file to segments: Kevin Hillstrom's e-mail test of 2008, 64,000 customers of a retailer in
// three groups. Loads them over HTTP into a running service, makes segments, and holds every size, rate and sum to the
// file and to the published results.
//
//   node examples/06-hillstrom.mjs http://127.0.0.1:3000 sk_… [hillstrom.csv] [--rows 3000]
//
// Needs Node 20 or newer and nothing else; exits with 1 where anything differs. Take a tenant that has not loaded
// another number of rows. What is there from an earlier run is left as it is.
import { client } from './lib/client.mjs';
import { groups, readArguments, readCustomers } from './lib/hillstrom.mjs';

const [url, apiKey, file, rows] = readArguments('06-hillstrom.mjs', process.argv.slice(2));
const { send, all, inBatches } = client(url, apiKey, progress);
const campaignId = 'hillstrom-2008';
/** Of the whole file: customers, visits and conversions in percent, dollars a customer. */
const published = {
  'Mens E-Mail': { customers: 21_307, visits: '18.28', conversions: '1.253', spend: '1.4226' },
  'Womens E-Mail': { customers: 21_387, visits: '15.14', conversions: '0.884', spend: '1.0772' },
  'No E-Mail': { customers: 21_306, visits: '10.62', conversions: '0.573', spend: '0.6528' },
};

const checks = [];
const stages = [];
await main();

async function main() {
  const customers = await stage('read the file', () => readCustomers(file, rows));
  const whole = customers.length === 64_000;
  await stage('custom fields', createCustomFields);
  await stage(`${customers.length.toLocaleString('en')} contacts`, () => loadContacts(customers));
  const events = customers.flatMap(eventsOf);
  await stage(`${events.length.toLocaleString('en')} events`, () => loadEvents(events));
  const segments = await stage('make the segments', createSegments);
  await stage('refresh them', () => refresh(segments));
  const members = await stage('walk their members', () => readMembers(segments));
  for (const { name, holds } of segments) {
    const expected = customers.filter(holds).map(({ email }) => email);
    const found = members.get(name);
    const common = expected.filter(email => found.emails.has(email)).length;
    const exactly = common === found.contactCount && common === found.emails.size;
    check(`${name}: members`, expected.length, exactly ? common : `${found.contactCount}, ${common} of them right`);
  }
  const spent = await stage('sum up what the buyers spent', () => readSpending(members.get('Buyers').ids));
  for (const group of groups) checkGroup(group, customers, members, spent, whole);
  report();
}

/** Sizes, rates and sums as the service has them, beside those of the file, and of the whole file the published ones. */
function checkGroup(group, customers, members, spent, whole) {
  const inGroup = customers.filter(customer => customer.group === group);
  const count = name => members.get(name).contactCount;
  const [size, visits, conversions] = [count(group), count(`${group}: visited`), count(`${group}: bought`)];
  const cents = [...members.get(`${group}: bought`).emails].reduce((sum, email) => sum + (spent.get(email) ?? 0), 0);
  check(`${group}: spent`, dollars(inGroup.reduce((sum, customer) => sum + customer.cents, 0)), dollars(cents));
  if (!whole) return;
  const expected = published[group];
  check(`${group}: customers, published`, expected.customers, size);
  check(`${group}: visits %, published`, expected.visits, (100 * visits / size).toFixed(2));
  check(`${group}: conversions %, published`, expected.conversions, (100 * conversions / size).toFixed(3));
  check(`${group}: mean spend, published`, expected.spend, (cents / 100 / size).toFixed(4));
}

async function createCustomFields() {
  const fields = [
    { key: 'email_group', label: 'E-mail group', type: 'select', options: groups },
    { key: 'recency', label: 'Months since last purchase', type: 'number' },
    { key: 'history', label: 'Spent in the past year', type: 'number' },
    { key: 'history_segment', label: 'Spent in the past year, by class', type: 'text' },
    { key: 'mens', label: 'Bought men’s merchandise', type: 'boolean' },
    { key: 'womens', label: 'Bought women’s merchandise', type: 'boolean' },
    { key: 'newbie', label: 'New in the past year', type: 'boolean' },
    { key: 'area', label: 'Area', type: 'select', options: ['Surburban', 'Rural', 'Urban'] },
    { key: 'channel', label: 'Channel', type: 'select', options: ['Phone', 'Web', 'Multichannel'] },
  ];
  const known = new Set((await all('/custom-fields')).map(({ key }) => key));
  for (const field of fields) if (!known.has(field.key)) await send('POST', '/custom-fields', field);
}

async function loadContacts(customers) {
  const contacts = customers.map(({ email, group, recency, history, historySegment, mens, womens, newbie, area, channel }) => ({
    email, source: 'hillstrom', createdAt: '2008-01-01T00:00:00Z',
    customFields: { email_group: group, recency, history, history_segment: historySegment, mens, womens, newbie, area, channel },
  }));
  await inBatches('contacts', contacts, batch => send('POST', '/contacts/batch', { contacts: batch, onDuplicate: 'skip' }));
}

/** Only the two weeks are known, not the moments in them. */
function eventsOf({ email, visited, bought, cents }) {
  const event = (type, occurredAt, more = {}) => ({ id: `${campaignId}:${type}:${email}`, type, email, occurredAt, campaignId, ...more });
  return [
    ...(visited ? [event('clicked', '2008-03-24T12:00:00Z', { url: 'https://shop.example/' })] : []),
    ...(bought ? [event('converted', '2008-03-24T12:10:00Z', { revenue: cents / 100 })] : []),
  ];
}

async function loadEvents(events) {
  await inBatches('events', events, batch => send('POST', '/events/batch', { events: batch }));
}

/** Each segment as the service gets it, with the same in JavaScript. */
function definitions(idOf) {
  const field = (key, operator, value) => ({ field: `customField.${key}`, operator, value });
  const where = [{ property: 'campaign.id', operator: 'equals', value: campaignId }];
  const visit = { event: 'clicked', where };
  const purchase = { event: 'converted', where };
  const noPurchase = { ...purchase, count: { operator: 'equals', value: 0 } };
  const spent = (operator, value) => ({ event: 'converted', where, measure: 'revenue', count: { operator, value } });
  const ours = { field: 'contact.source', operator: 'equals', value: 'hillstrom' };
  const every = (...conditions) => ({ match: 'all', groups: [{ match: 'all', conditions }] });
  const segment = (name, rules, holds) => ({ name, rules, holds });
  const inGroup = group => field('email_group', 'equals', group);
  return [
    ...groups.map(group => segment(group, every(inGroup(group)), c => c.group === group)),
    segment('Visitors', every(visit), c => c.visited),
    segment('Buyers', every(purchase), c => c.bought),
    ...groups.map(group => segment(`${group}: visited`, every(inGroup(group), visit), c => c.group === group && c.visited)),
    ...groups.map(group => segment(`${group}: bought`, every(inGroup(group), purchase), c => c.group === group && c.bought)),
    segment('Visited and did not buy', every(visit, noPurchase), c => c.visited && !c.bought),
    segment('Spent at least 100', every(spent('greater_or_equal', 100)), c => c.cents >= 10_000),
    segment('Spent from 29.99 to 200', every(spent('between', [29.99, 200])), c => c.cents >= 2_999 && c.cents <= 20_000),
    segment('Spent nothing', every(ours, spent('equals', 0)), c => c.cents === 0),
    segment('Recent high spenders', every(field('recency', 'less_or_equal', 3), field('history', 'greater_than', 500)), c => c.recency <= 3 && c.history > 500),
    segment('Mailed, new, urban or rural, not by phone', {
      match: 'all',
      groups: [
        { match: 'any', conditions: [inGroup('Mens E-Mail'), inGroup('Womens E-Mail')] },
        { match: 'all', conditions: [field('newbie', 'equals', true), field('area', 'in', ['Urban', 'Rural'])] },
      ],
      exclusions: [{ match: 'all', conditions: [field('channel', 'equals', 'Phone')] }],
    }, c => c.group !== 'No E-Mail' && c.newbie && c.area !== 'Surburban' && c.channel !== 'Phone'),
    segment('Bought both men’s and women’s, or visited by web', {
      match: 'any',
      groups: [
        { match: 'all', conditions: [field('mens', 'equals', true), field('womens', 'equals', true)] },
        { match: 'all', conditions: [visit, field('channel', 'equals', 'Web')] },
      ],
    }, c => (c.mens && c.womens) || (c.visited && c.channel === 'Web')),
    // Segments of segments: their ids are known once they are made.
    segment('Visitors of the men’s mail, without buyers', () => ({
      match: 'all',
      groups: [{ match: 'all', conditions: [{ segment: idOf('Mens E-Mail'), operator: 'in' }, { segment: idOf('Visitors'), operator: 'in' }] }],
      exclusions: [{ match: 'all', conditions: [{ segment: idOf('Buyers'), operator: 'in' }] }],
    }), c => c.group === 'Mens E-Mail' && c.visited && !c.bought),
    segment('Not mailed and not a visitor', () => every({ segment: idOf('No E-Mail'), operator: 'in' }, { segment: idOf('Visitors'), operator: 'not_in' }), c => c.group === 'No E-Mail' && !c.visited),
  ];
}

async function createSegments() {
  const known = new Map((await all('/segments')).map(({ name, id }) => [name, id]));
  const made = [];
  for (const { name, rules, holds } of definitions(name => known.get(name))) {
    if (!known.has(name)) {
      const { id } = await send('POST', '/segments', { name, type: 'dynamic', labels: ['hillstrom'], rules: typeof rules === 'function' ? rules() : rules });
      known.set(name, id);
    }
    made.push({ name, id: known.get(name), holds });
  }
  return made;
}

async function refresh(segments) {
  for (const { name, id } of segments) {
    const { status, durationMs, error } = await send('POST', `/segments/${id}/refresh`, { waitSeconds: 60 });
    if (status !== 'succeeded') throw new Error(`The refresh of “${name}” is ${status}: ${error}`);
    progress(`${name} took ${durationMs} ms`);
  }
}

async function readMembers(segments) {
  const found = new Map();
  for (const { name, id } of segments) {
    progress(name);
    const { contactCount } = await send('GET', `/segments/${id}`);
    const members = await all(`/segments/${id}/contacts`);
    found.set(name, { contactCount, emails: new Set(members.map(({ email }) => email)), ids: members.map(member => [member.id, member.email]) });
  }
  return found;
}

/** Cents by address, of the buyers' own events. */
async function readSpending(buyers) {
  const spent = new Map();
  const waiting = [...buyers];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [id, email] = next;
      const events = await all(`/contacts/${id}/events`);
      spent.set(email, events.filter(event => event.campaignId === campaignId).reduce((sum, { revenue }) => sum + Math.round((revenue ?? 0) * 100), 0));
    }
  }));
  return spent;
}

async function stage(title, work) {
  const start = performance.now();
  progress(`${title} …`);
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  stages.push([title, seconds]);
  progress('');
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${title}`);
  return result;
}

/** One line that is written over, where somebody watches. */
function progress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text.slice(0, process.stdout.columns - 1)}`);
}

function check(what, expected, got) {
  checks.push({ what, expected: String(expected), got: String(got), same: String(expected) === String(got) });
}

function dollars(cents) {
  return (cents / 100).toFixed(2);
}

function report() {
  const rows = [['', 'expected', 'got', ''], ...checks.map(({ what, expected, got, same }) => [what, expected, got, same ? 'same' : 'DIFFERS'])];
  const widths = [0, 1, 2, 3].map(at => Math.max(...rows.map(row => row[at].length), 3));
  const line = row => `| ${row.map((cell, at) => at === 1 || at === 2 ? cell.padStart(widths[at]) : cell.padEnd(widths[at])).join(' | ')} |`;
  console.log(`\n${line(rows[0])}`);
  console.log(`| ${widths.map((width, at) => at === 1 || at === 2 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)).join(' | ')} |`);
  for (const row of rows.slice(1)) console.log(line(row));
  const differing = checks.filter(({ same }) => !same).length;
  const total = stages.reduce((sum, [, seconds]) => sum + seconds, 0);
  const [longest, seconds] = stages.reduce((a, b) => (a[1] >= b[1] ? a : b));
  console.log(`\n${checks.length - differing} the same, ${differing} differ; ${total.toFixed(1)} s, the most of it (${seconds.toFixed(1)} s) to: ${longest}`);
  process.exitCode = differing === 0 ? 0 : 1;
}
