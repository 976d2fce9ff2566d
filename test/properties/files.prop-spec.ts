import { setTimeout as after } from 'node:timers/promises';
import fc from 'fast-check';
import { isStorable } from '#kernel';
import { budget, hold } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const start = Date.parse('2026-01-01T00:00:00Z');

/** Texts of every plane, with what tables, quotes and spreadsheets make of signs. */
const text = fc.oneof(
  fc.array(fc.constantFrom('"', '\'', ',', ';', '\n', '\r\n', '\r', '\t', '=', '+', '-', '@', '[', ' ', '0', 'a', '\uFF1D', '\uFEFF', '_x000D_', '\uFFFF'), { minLength: 1, maxLength: 6 }).map((signs) => signs.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
).filter(isStorable);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 2 });
const number = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ noNaN: true, min: -1e15, max: 1e15 }).map((value) => (Object.is(value, -0) ? 0 : value)));
const instant = fc.integer({ min: start - 1e12, max: start }).map((at) => new Date(at).toISOString());
const fields = [['note', 'text'], ['size', 'number'], ['ok', 'boolean'], ['born', 'date'], ['seen', 'datetime'], ['likes', 'multi_select']] as const;
const options = ['red', 'a;b', '["x"]', '=1'];

const contact = fc.record({
  n: fc.nat({ max: 8 }), firstName: maybe(text), company: maybe(text), phone: maybe(text), timezone: maybe(fc.constantFrom('Asia/Tokyo', 'nowhere')), leadScore: maybe(number),
  subscriptionStatus: fc.constantFrom('active', 'active', 'pending', 'unsubscribed', 'bounced'), tags: fc.uniqueArray(text, { maxLength: 3, selector: (tag) => tag.toLowerCase() }), createdAt: instant,
  customFields: fc.record({ note: text, size: number, ok: fc.boolean(), born: instant.map((at) => at.slice(0, 10)), seen: instant, likes: fc.subarray(options, { minLength: 1 }) }, { requiredKeys: [] }),
}).map(({ n, ...row }) => ({ email: `p${n}@example.com`, ...row }));
const event = fc.record({
  n: fc.nat({ max: 8 }), type: fc.constantFrom('opened', 'clicked', 'converted', 'unsubscribed', 'bounced'), occurredAt: instant, campaignId: maybe(text), url: maybe(text), revenue: maybe(fc.integer({ min: -500, max: 500 }).map((cents) => cents / 100)),
}).map(({ n, ...row }) => ({ email: `p${n}@example.com`, ...row }));
type Row = typeof contact extends fc.Arbitrary<infer T> ? T : never;
type EventRow = typeof event extends fc.Arbitrary<infer T> ? T : never;

describe('Files', () => {
  let service: TestService;
  // A run that the time limit interrupts goes on all the same: its requests are waited for.
  let running: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' });
    await service.clock(new Date(start).toISOString());
  });
  afterAll(async () => {
    await running.catch(() => undefined);
    await service.stop();
  });

  const tenantWithFields = async (): Promise<TestTenant> => {
    const tenant = await service.tenant();
    for (const [key, type] of fields) await tenant.request('POST', '/custom-fields', { key, label: key, type, ...(type === 'multi_select' ? { options } : {}) });
    return tenant;
  };
  const file = async ({ apiKey }: TestTenant, path: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await (await fetch(`${service.url}/api/v1${path}`, { headers: { authorization: `Bearer ${apiKey}` } })).arrayBuffer());
  /** All that an export tells of each row but what is of its own making. */
  const stored = async (tenant: TestTenant, of: 'contacts' | 'events'): Promise<object[]> =>
    Buffer.from(await file(tenant, `/${of}/export?format=ndjson`)).toString('utf8').split('\n').filter((line) => line !== '')
      .map((line) => ({ ...JSON.parse(line) as { email: string }, updatedAt: null })).sort((a, b) => (a.email < b.email ? -1 : 1));
  const withoutIds = (rows: object[]): object[] => rows.map((row) => ({ ...row, id: null }));
  const ended = async (tenant: TestTenant, id: string): Promise<{ status: string; failed: number }> => {
    for (let tries = 0; tries < 2000; tries += 1) {
      const { body } = await tenant.request<{ status: string; failed: number }>('GET', `/imports/${id}`);
      if (!['queued', 'running', 'rolling_back'].includes(body.status)) return body;
      await after(10);
    }
    throw new Error('the import does not end');
  };
  const imported = async (tenant: TestTenant, body: string | Uint8Array<ArrayBuffer>, type: string, query = ''): Promise<string> => {
    const sent = await tenant.request<{ id: string }>('POST', `/imports${query}`, body, { 'content-type': type });
    if (sent.status !== 202) throw new Error(`${sent.status} ${JSON.stringify(sent.body)}`);
    expect(await ended(tenant, sent.body.id)).toMatchObject({ status: 'succeeded', failed: 0 });
    return sent.body.id;
  };

  it('of any contacts, exported and imported elsewhere, are the same contacts', async () => {
    const count = { contacts: 0 };
    const roundTrip = async (rows: readonly Row[], [format, type]: readonly [string, string]): Promise<void> => {
      const [here, there] = [await tenantWithFields(), await tenantWithFields()];
      expect((await here.request('POST', '/contacts/batch', { contacts: rows })).body).toMatchObject({ failed: [] });
      await imported(there, await file(here, `/contacts/export?format=${format}`), type);
      expect(withoutIds(await stored(there, 'contacts'))).toEqual(withoutIds(await stored(here, 'contacts')));
      count.contacts += rows.length;
    };
    const formats = fc.constantFrom(['csv', 'text/csv'] as const, ['xlsx', xlsx] as const, ['ndjson', 'application/x-ndjson'] as const);
    await hold('import of an export of contacts = identity', fc.asyncProperty(fc.array(contact, { minLength: 1, maxLength: 12 }), formats, async (rows, format) => {
      running = roundTrip(rows, format);
      await running;
    }), () => `${count.contacts} contacts`);
  }, budget * 2 + 60_000);

  it('of contacts and of events, imported and taken back, leave everything as it was', async () => {
    const count = { contacts: 0, events: 0 };
    let now = start;
    const thereAndBack = async (before: readonly Row[], rows: readonly Row[], events: readonly EventRow[], policy: string): Promise<void> => {
      const tenant = await tenantWithFields();
      const lines = (all: readonly object[]): string => all.map((row) => JSON.stringify(row)).join('\n');
      const state = async (): Promise<unknown> => [await stored(tenant, 'contacts'), await stored(tenant, 'events'), await figures(tenant)];
      await tenant.request('POST', '/contacts/batch', { contacts: before });
      await tenant.request('POST', '/events/batch', { events: events.slice(0, 2).map((one, n) => ({ id: `own ${n}`, ...one })) });
      const first = await state();
      // What was before the import came before it: an event of the same instant might have come after.
      now += 1000;
      await service.clock(new Date(now).toISOString());
      const contacts = await imported(tenant, lines(rows), 'application/x-ndjson', `?onDuplicate=${policy}&consent=overwrite`);
      const between = await state();
      const there = new Set((await stored(tenant, 'contacts') as { email: string }[]).map(({ email }) => email));
      const mine = events.filter(({ email }) => there.has(email));
      const history = mine.length === 0 ? null : await imported(tenant, lines(mine), 'application/x-ndjson', '?kind=events');
      for (const [id, then] of [[history, between], [contacts, first]] as const) {
        if (id === null) continue;
        await tenant.request('POST', `/imports/${id}/rollback`);
        expect(await ended(tenant, id)).toMatchObject({ status: 'rolled_back', rollback: { kept: 0 } });
        expect(await state()).toEqual(then);
      }
      count.contacts += rows.length;
      count.events += mine.length;
    };
    await hold('import and rollback = nothing', fc.asyncProperty(
      fc.array(contact, { maxLength: 6 }), fc.array(contact, { minLength: 1, maxLength: 6 }), fc.array(event, { maxLength: 10 }), fc.constantFrom('update', 'fill', 'skip'), async (...drawn) => {
        running = thereAndBack(...drawn);
        await running;
      }), () => `${count.contacts} contacts, ${count.events} events`);
  }, budget * 2 + 60_000);

  /** Whoever has such figures: what is kept of events beside the events. */
  const figures = async (tenant: TestTenant): Promise<unknown[]> => {
    const counted: unknown[] = [];
    for (const [field, operator, value] of [['total_opens', 'greater_than', 0], ['total_clicks', 'greater_than', 0], ['total_revenue', 'not_equals', 0], ['last_activity_at', 'is_set', undefined]] as const) {
      const { body } = await tenant.request<{ sample: { email: string }[] }>('POST', '/segments/preview', { sampleLimit: 100, rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: `engagement.${field}`, operator, ...(value === undefined ? {} : { value }) }] }] } });
      counted.push(body.sample.map(({ email }) => email).sort());
    }
    return counted;
  };
});

describe('Members at a past moment', () => {
  let service: TestService;
  let running: Promise<void> = Promise.resolve();
  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  afterAll(async () => {
    await running.catch(() => undefined);
    await service.stop();
  });

  const step = fc.record({ hours: fc.integer({ min: 1, max: 40 }), scores: fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 0, max: 2 })), { maxLength: 4 }), opens: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }), pin: fc.option(fc.tuple(fc.nat({ max: 5 }), fc.constantFrom('in', 'out', null))) });

  it('are whom the rules gave then, computed anew at each of those moments', async () => {
    const count = { moments: 0, members: 0 };
    const rules = { match: 'any', groups: [
      { match: 'all', conditions: [{ field: 'contact.lead_score', operator: 'greater_than', value: 1 }] },
      { match: 'all', conditions: [{ event: 'opened', window: { last: 30, unit: 'hours' } }] },
    ] };
    let events = 0;
    const live = async (steps: readonly { hours: number; scores: [number, number][]; opens: number[]; pin: [number, 'in' | 'out' | null] | null }[]): Promise<void> => {
      let now = Date.parse('2026-01-01T00:00:00Z');
      await service.clock(new Date(now).toISOString());
      const tenant = await service.tenant();
      const email = (n: number): string => `p${n}@example.com`;
      await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 6 }, (_, n) => ({ email: email(n) })) });
      const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'S', type: 'dynamic', rules });
      const pins = new Map<string, 'in' | 'out'>();
      const then: { at: string; members: string[] }[] = [];
      for (const { hours, scores, opens, pin } of steps) {
        now += hours * 3_600_000;
        const at = new Date(now).toISOString();
        await service.clock(at);
        await tenant.request('POST', '/contacts/batch', { contacts: scores.map(([n, leadScore]) => ({ email: email(n), leadScore })) });
        await tenant.request('POST', '/events/batch', { events: opens.map((n) => ({ id: `e${events += 1}`, type: 'opened', email: email(n), occurredAt: at })) });
        if (pin !== null) {
          await tenant.request('PUT', `/segments/${id}/overrides`, { overrides: [{ email: email(pin[0]), pin: pin[1] }] });
          if (pin[1] === null) pins.delete(email(pin[0]));
          else pins.set(email(pin[0]), pin[1]);
        }
        const { status, body } = await tenant.request<{ status: string }>('POST', `/segments/${id}/refresh`, { waitSeconds: 30 });
        expect({ status, body }).toMatchObject({ status: 200, body: { status: 'succeeded' } });
        const { body: { sample } } = await tenant.request<{ sample: { email: string }[] }>('POST', '/segments/preview', { rules, asOf: at, sampleLimit: 100 });
        const members = new Set(sample.map((one) => one.email));
        for (const [who, how] of pins) if (how === 'in') members.add(who); else members.delete(who);
        then.push({ at, members: [...members].sort() });
      }
      for (const { at, members } of then) {
        const { body } = await tenant.request<{ items: { email: string }[] }>('GET', `/segments/${id}/contacts?asOf=${at}`);
        expect({ at, members: body.items.map((one) => one.email).sort() }).toEqual({ at, members });
        count.moments += 1;
        count.members += members.length;
      }
    };
    await hold('members as of = recomputed then', fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      running = live(steps);
      await running;
    }), () => `${count.moments} moments, ${count.members} members`);
  }, budget * 2 + 60_000);
});
