import { type Faults, faultsOf } from '../support/broken-build.js';
import { createTestDatabase } from '../support/database.js';
import { until } from '../support/queue-contract.js';
import { startServiceProcess } from '../support/service-process.js';
import { adminKey } from '../support/service.js';

type Body = Record<string, unknown> & { items: Record<string, unknown>[] };
interface Answer { status: number; body: Body }

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const start = Date.parse('2028-02-28T22:30:00Z');
const at = (ms: number): string => new Date(start + ms).toISOString();
const one = (condition: object): object => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] });
/** Windows of hours, and days of calendars that change at other moments, one of them a leap day. */
const segments = {
  'in the last hour': one({ field: 'contact.created_at', operator: 'within_last', value: { amount: 1, unit: 'hours' } }),
  'today in Berlin': { ...one({ field: 'contact.created_at', operator: 'during', value: 'today' }), timezone: 'Europe/Berlin' },
  'today in Los Angeles': { ...one({ field: 'contact.created_at', operator: 'during', value: 'today' }), timezone: 'America/Los_Angeles' },
  'opened within a day': one({ event: 'opened', window: { last: 1, unit: 'days' } }),
  'in the next hour': one({ field: 'contact.created_at', operator: 'within_next', value: { amount: 1, unit: 'hours' } }),
};

/** By hand: the moment, who is in each segment, what the key for an hour gets, the campaign, whether the key of a day is known. */
const expected = [
  [at(0), 'new yesterday | new old | new old soon | old | soon', 200, 'not yet', true],
  [at(hour - 1), 'soon yesterday | soon | new old soon | new old | ', 200, 'not yet', true],
  [at(hour), 'soon | soon | new old soon | new old | ', 401, 'launched', true],
  [at(hour + 1), 'soon | soon | new old soon | new | ', 401, 'launched', true],
  [at(90 * minute), 'soon | soon | new old soon | new | ', 401, 'launched', true],
  [at(10 * hour), ' | soon |  | new | ', 401, 'launched', true],
  [at(25 * hour), ' |  |  |  | ', 401, 'launched', false],
  [at(-366 * day), 'yesterday |  |  |  | ', 200, 'not yet', false],
];

/**
 * There are four clocks: the manual one, the process's, the database's, the queue's. A service whose own is two hours off
 * from its database's is told the time by hand; what members, what keys, what answers and what launches there are follows that alone.
 */
describe('A service whose process is told another time than its database', () => {
  const told = async (shift: number, ...preloaded: readonly string[]): Promise<Faults> => {
    const database = await createTestDatabase();
    const service = await startServiceProcess(
      { DATABASE_URL: database.url, CLOCK: 'manual', LOG_LEVEL: 'silent', ADMIN_API_KEY: adminKey, SHIFT_MS: String(shift) }, preloaded.flatMap((module) => ['--import', module]));
    try {
      return await faultsOf(async () => { expect(await story(service.url ?? '')).toEqual(expected); });
    } finally {
      await service.stop();
      await database.drop();
    }
  };

  it.each([['two hours late', -2 * hour], ['two hours early', 2 * hour]])('lets nothing in, out, expire or fire but by the manual clock: %s', async (_, shift) => {
    expect(await told(shift, './test/support/shifted-time.mjs')).toEqual([]);
  }, 120_000);

  it('is seen by this test where its build goes by the process as well', async () => {
    expect(await told(2 * hour, './test/support/shifted-time.mjs', './test/support/careless-clock.mjs')).toHaveLength(1);
  }, 120_000);
});

/** What happens between two days, moment by moment. */
async function story(url: string): Promise<unknown[]> {
  const as = (key: string) => async (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${key}`, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  };
  const operator = as(adminKey);
  const setClock = async (ms: number): Promise<void> => { await operator('PUT', '/admin/clock', { now: at(ms) }); };
  await setClock(0);
  const tenant = as(String((await operator('POST', '/admin/tenants', { name: 'Acme' })).body['apiKey']));
  const contacts = [['new', -30 * minute], ['old', -90 * minute], ['yesterday', -26 * hour], ['soon', 40 * minute]] as const;
  await tenant('POST', '/contacts/batch', { contacts: contacts.map(([name, created]) => ({ email: `${name}@example.com`, createdAt: at(created) })) });
  await tenant('POST', '/events/batch', { events: [
    { id: 'a', type: 'opened', email: 'old@example.com', occurredAt: at(-23 * hour) }, { id: 'b', type: 'opened', email: 'new@example.com', occurredAt: at(50 * minute) }] });
  const ids: string[] = [];
  for (const [name, rules] of Object.entries(segments)) ids.push(String((await tenant('POST', '/segments', { name, type: 'dynamic', rules })).body['id']));
  await tenant('PUT', `/segments/${ids[0]}/overrides`, { overrides: [{ email: 'yesterday@example.com', pin: 'in', until: at(hour) }] });
  const brief = as(String((await tenant('POST', '/api-keys', { name: 'brief', role: 'viewer', expiresAt: at(hour) })).body['apiKey']));
  const campaign = String((await tenant('POST', '/campaigns', { name: 'Spring' })).body['id']);
  await tenant('PUT', `/campaigns/${campaign}/audience`, { include: [{ segmentId: ids[2] }] });
  expect((await tenant('POST', `/campaigns/${campaign}/launch`, { at: at(hour) })).status).toBe(200);
  const idempotent = async (): Promise<unknown> => (await tenant('POST', '/contacts', { email: 'keyed@example.com', createdAt: at(-30 * day) }, { 'idempotency-key': 'once' })).body['id'];
  const created = await idempotent();
  const told: unknown[] = [];
  // Just before the hour, at it and just after it; then over the midnights of the two zones; then a day later; then a year back.
  for (const moment of [0, hour - 1, hour, hour + 1, 90 * minute, 10 * hour, 25 * hour, -366 * day]) {
    await setClock(moment);
    const members: string[] = [];
    await Promise.all(ids.map(async (id) => await tenant('POST', `/segments/${id}/refresh`, { waitSeconds: 30 })));
    for (const id of ids) {
      const { body } = await tenant('GET', `/segments/${id}/contacts?limit=100`);
      members.push(body.items.map(({ email }) => String(email).split('@')[0]).sort().join(' '));
    }
    const sent = moment < hour ? 'not yet' : await until(async () => (await tenant('GET', `/campaigns/${campaign}`)).body['status'], (status) => status === 'launched', 30_000);
    told.push([at(moment), members.join(' | '), (await brief('GET', '/segments')).status, sent, moment >= 0 && await idempotent() === created]);
  }
  return told;
}

