import type pg from 'pg';
import { LaunchSweep } from '../../src/campaigns/jobs/launch.sweep.js';
import { LaunchService } from '../../src/campaigns/index.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Step { step: string; index?: number; removed: number; remaining: number }
interface Waterfall { included: number; include: { matches: number; brings: number }[]; steps: Step[]; final: number }
interface Campaign { id: string; status: string; launchAt: string | null; launchedAt: string | null; waterfall: Waterfall | null; launchError: string | null }
interface Recipient { contactId: string; email: string; holdout: string | null; sendAt: string; reason: { include: number; segmentId: string | null; name: string | null } }

const now = '2026-05-01T12:00:00.000Z';
const inCountry = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

describe('A campaign\'s audience and launch', () => {
  let service: TestService;
  let tenant: TestTenant;
  let db: pg.Client;

  beforeAll(async () => {
    service = await startTestService();
    db = await service.owner();
  });
  beforeEach(async () => {
    await service.clock(now);
    tenant = await service.tenant();
  });
  afterAll(async () => {
    await service.stop();
  });

  const contacts = async (rows: object[]): Promise<void> => {
    expect((await tenant.request('POST', '/contacts/batch', { contacts: rows })).body).toMatchObject({ failed: [] });
  };
  const segment = async (body: object): Promise<string> => (await tenant.request<{ id: string }>('POST', '/segments', { name: 'S', ...body })).body.id;
  const campaign = async (audience?: object, name = 'Launch'): Promise<string> => {
    const { body: { id } } = await tenant.request<Campaign>('POST', '/campaigns', { name });
    if (audience !== undefined) {
      const answer = await tenant.request('PUT', `/campaigns/${id}/audience`, audience);
      expect(answer).toMatchObject({ status: 200, body: { audience } });
    }
    return id;
  };
  const launch = async (id: string, body: object = {}, headers?: Record<string, string>) => await tenant.request<Campaign>('POST', `/campaigns/${id}/launch`, body, headers);
  const preview = async (id: string) => (await tenant.request<Waterfall & { sample: { email: string }[] }>('POST', `/campaigns/${id}/audience/preview`, {})).body;
  const recipients = async (id: string, query = ''): Promise<Recipient[]> =>
    (await tenant.request<{ items: Recipient[] }>('GET', `/campaigns/${id}/recipients?limit=1000${query}`)).body.items;
  const emails = (list: readonly { email: string }[]): string[] => list.map(({ email }) => email.split('@')[0] ?? '').sort();
  const taken = ({ steps }: Waterfall): Record<string, number> => Object.fromEntries(steps.filter(({ removed }) => removed > 0).map(({ step, index, removed }) => [index === undefined ? step : `${step} ${index}`, removed]));

  it('takes each contact at the first step that applies, and adds up', async () => {
    await contacts([
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => ({ email: `${name}@example.com`, country: 'France', leadScore: name.charCodeAt(0) })),
      { email: 'p@example.com', country: 'Peru' }, { email: 'i@blocked.test', country: 'France' }, { email: 'j@sub.blocked.test', country: 'France', leadScore: 1 },
    ]);
    await tenant.request('POST', '/contacts/batch', { contacts: [
      { email: 'b@example.com', subscriptionStatus: 'unsubscribed' }, { email: 'c@example.com', subscriptionStatus: 'bounced' },
      { email: 'd@example.com', subscriptionStatus: 'complained' },
    ] });
    const france = await segment({ type: 'dynamic', rules: inCountry('France') });
    const list = await segment({ type: 'static', emails: ['a@example.com', 'p@example.com'] });
    const excluded = await segment({ type: 'static', emails: ['e@example.com', 'b@example.com'] });
    const never = await segment({ type: 'static', emails: ['f@example.com'] });
    expect((await tenant.request('PUT', '/campaign-settings', { holdoutPercent: 0, suppressedSegmentIds: [never] })).status).toBe(200);
    expect((await tenant.request('POST', '/suppressions/batch', { suppressions: [
      { address: 'G@Example.com', reason: 'asked' }, { domain: 'Blocked.TEST' }, { domain: 'blocked.test' }, { address: 'nonsense' }, {},
    ] })).body).toMatchObject({ created: 2, unchanged: 1, failed: [{ index: 3 }, { index: 4 }] });
    const id = await campaign({
      include: [{ segmentId: list }, { segmentId: france }, { rules: inCountry('Peru'), name: 'Peruvians' }], exclude: [{ segmentId: excluded }],
      cap: { limit: 3, order: '-leadScore' },
    });
    const said = await preview(id);
    expect(said).toMatchObject({
      included: 11, include: [{ matches: 2, brings: 2 }, { matches: 10, brings: 9 }, { matches: 1, brings: 0, name: 'Peruvians' }], final: 3,
    });
    expect(taken(said)).toEqual({
      'excluded 0': 2, 'suppressed-segment': 1, bounced: 1, complained: 1, 'suppressed-address': 1, 'suppressed-domain': 1, cap: 1,
    });
    expect(said.sample.map(({ email }) => email[0])).toEqual(['h', 'a', 'j']);
    expect((await launch(id, { expect: { final: 3 } })).body).toMatchObject({ status: 'launched', launchedAt: now, waterfall: { final: 3 } });
    expect(await recipients(id)).toHaveLength(3);
    expect((await recipients(id)).find(({ email }) => email === 'a@example.com')).toMatchObject({ reason: { include: 0, segmentId: list, name: null }, holdout: null, sendAt: now });
    const off = (await tenant.request<{ items: { id: string; kind: string }[] }>('GET', '/suppressions?kind=domain')).body.items;
    expect(off).toHaveLength(1);
    expect((await tenant.request('DELETE', `/suppressions/${off[0]?.id}`)).status).toBe(204);
    const open = await campaign({ include: [{ segmentId: france }], suppressionList: false });
    expect(taken(await preview(open))).toEqual({ unsubscribed: 1, bounced: 1, complained: 1, 'suppressed-segment': 1 });
  });

  it('refuses an audience that drifted, sees a change answered just before, and never changes afterwards', async () => {
    await contacts([{ email: 'a@example.com', country: 'France' }, { email: 'b@example.com', country: 'France' }]);
    const france = await segment({ type: 'dynamic', rules: inCountry('France') });
    const id = await campaign({ include: [{ segmentId: france }] });
    expect((await preview(id)).final).toBe(2);
    await contacts([{ email: 'c@example.com', country: 'France' }]);
    expect(await launch(id, { expect: { final: 2, tolerancePercent: 49 } })).toMatchObject({ status: 409, body: { final: 3, expected: 2 } });
    expect(await recipients(id)).toEqual([]);
    expect((await launch(id, { expect: { final: 2, tolerancePercent: 50 } })).status).toBe(200);
    await contacts([{ email: 'd@example.com', country: 'France' }]);
    expect((await launch(id)).body).toMatchObject({ status: 'launched', waterfall: { final: 3 } });
    expect(emails(await recipients(id))).toEqual(['a', 'b', 'c']);
    expect((await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ segmentId: france }] })).status).toBe(409);
    expect((await tenant.request('POST', `/campaigns/${id}/cancel`)).status).toBe(409);
    expect((await tenant.request('POST', `/campaigns/${id}/archive`)).body).toMatchObject({ status: 'archived' });
    expect(await recipients(id)).toHaveLength(3);
  });

  it('names every fault of an audience at its place', async () => {
    const draft = await segment({ type: 'dynamic', status: 'draft', rules: inCountry('France') });
    const id = await campaign();
    expect(await launch(id)).toMatchObject({ status: 409, body: { type: '/problems/no-audience' } });
    expect((await tenant.request('POST', `/campaigns/${id}/audience/preview`, {})).status).toBe(409);
    const put = async (body: object): Promise<string[]> =>
      (await tenant.request<{ errors: { path: string; code: string }[] }>('PUT', `/campaigns/${id}/audience`, body)).body.errors.map(({ path, code }) => `${path} ${code}`);
    expect(await put({ include: [] })).toEqual(['/include value_missing']);
    expect(await put({ include: [{ segmentId: draft }, { segmentId: '00000000-0000-4000-8000-000000000000' }, {
      rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.nothing', operator: 'is_set' }] }] } }] }))
      .toEqual(['/include/0/segmentId value_not_allowed', '/include/1/segmentId unknown_segment', '/include/2/rules/groups/0/conditions/0/field unknown_field']);
    expect(await put({ include: [{}, { segmentId: 'x' }, { rules: [], name: '' }], exclude: ['a'] })).toEqual([
      '/include/0 shape_invalid', '/include/1/segmentId value_invalid', '/include/2/rules shape_invalid', '/include/2/name value_invalid', '/exclude/0 shape_invalid']);
    expect(await put({ include: [{ rules: inCountry('x') }], cap: { limit: 0, order: 'alphabet' } })).toHaveLength(2);
  });

  it('keeps conditions on an option that was removed since, and takes no new one', async () => {
    const { body: field } = await tenant.request<{ id: string }>('POST', '/custom-fields', { key: 'plan', label: 'Plan', type: 'select', options: ['Free', 'Pro'] });
    await contacts([{ email: 'a@example.com', customFields: { plan: 'Pro' } }, { email: 'b@example.com', customFields: { plan: 'Free' } }]);
    const onPlan = (value: string, operator = 'equals'): object => ({ rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'customField.plan', operator, value }] }] } });
    const id = await campaign({ include: [onPlan('Pro')] });
    expect((await tenant.request('PATCH', `/custom-fields/${field.id}`, { options: ['Free'] })).status).toBe(200);
    expect(await preview(id)).toMatchObject({ final: 1 });
    const put = async (audience: object) => await tenant.request('PUT', `/campaigns/${id}/audience`, audience);
    expect(await put({ include: [onPlan('Pro')], exclude: [onPlan('Free')] })).toMatchObject({ status: 200 });
    expect(await put({ include: [onPlan('Pro', 'not_equals')] })).toMatchObject({ status: 422, body: { errors: [{ path: '/include/0/rules/groups/0/conditions/0/value', code: 'value_not_allowed' }] } });
    expect(await launch(id)).toMatchObject({ status: 200, body: { waterfall: { final: 1 } } });
  });

  it('keeps its segments until it is finished', async () => {
    const france = await segment({ type: 'dynamic', rules: inCountry('France') });
    const nested = await segment({ type: 'static' });
    const id = await campaign({ include: [{ segmentId: france }], exclude: [{ rules: { match: 'all', groups: [{ match: 'all', conditions: [{ segment: nested, operator: 'in' }] }] } }] });
    for (const used of [france, nested]) {
      expect(await tenant.request('DELETE', `/segments/${used}`)).toMatchObject({ status: 409, body: { dependents: [{ kind: 'campaign', id, name: 'Launch' }] } });
      expect((await tenant.request('POST', `/segments/${used}/archive`)).status).toBe(409);
      expect((await tenant.request('GET', `/segments/${used}/dependents`)).body).toEqual({ items: [{ kind: 'campaign', id, name: 'Launch' }], nextCursor: null });
    }
    expect((await tenant.request('POST', `/campaigns/${id}/cancel`)).body).toMatchObject({ status: 'cancelled' });
    expect((await launch(id)).status).toBe(409);
    expect((await tenant.request('DELETE', `/segments/${nested}`)).status).toBe(204);
    await tenant.request('PUT', '/campaign-settings', { holdoutPercent: 0, suppressedSegmentIds: [france] });
    expect((await tenant.request('POST', `/segments/${france}/archive`)).status).toBe(409);
    await tenant.request('PUT', '/campaign-settings', { holdoutPercent: 0, suppressedSegmentIds: [] });
    expect((await tenant.request('POST', `/segments/${france}/archive`)).status).toBe(200);
  });

  it('holds out the same contacts of every launch, and others of each campaign, and reports them as the control', async () => {
    await contacts(Array.from({ length: 400 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })));
    await tenant.request('PUT', '/campaign-settings', { holdoutPercent: 20, suppressedSegmentIds: [] });
    const [one, two] = [await campaign({ include: [{ rules: inCountry('France') }], holdoutPercent: 25 }), await campaign({ include: [{ rules: inCountry('France') }], holdoutPercent: 25 })];
    const { body: { waterfall } } = await launch(one);
    await launch(two);
    const held = async (id: string, by: string): Promise<string[]> => emails(await recipients(id, `&holdout=${by}`));
    expect(await held(one, 'tenant')).toEqual(await held(two, 'tenant'));
    expect(await held(one, 'campaign')).not.toEqual(await held(two, 'campaign'));
    const sizes = [(await held(one, 'tenant')).length, (await held(one, 'campaign')).length, (await held(one, 'none')).length];
    expect(sizes[0]).toBeGreaterThan(50);
    expect(sizes[0]).toBeLessThan(110);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(400);
    expect(waterfall).toMatchObject({ included: 400, final: sizes[2] });
    const someone = (await recipients(one, '&holdout=none'))[0]!;
    const control = (await recipients(one, '&holdout=tenant'))[0]!;
    await tenant.request('PATCH', `/campaigns/${one}`, { externalId: 'ours' });
    await tenant.request('POST', '/events/batch', { events: [
      { id: '1', type: 'sent', contactId: someone.contactId, occurredAt: '2026-05-01T12:10:00Z', campaignId: one },
      { id: '2', type: 'delivered', contactId: someone.contactId, occurredAt: '2026-05-01T12:10:00Z', campaignId: 'ours' },
      { id: '3', type: 'opened', contactId: someone.contactId, occurredAt: '2026-05-01T12:20:00Z', campaignId: 'ours' },
      { id: '4', type: 'opened', contactId: someone.contactId, occurredAt: '2026-05-01T12:30:00Z', campaignId: one },
      { id: '5', type: 'converted', contactId: someone.contactId, occurredAt: '2026-05-01T12:40:00Z', campaignId: one, revenue: 10.1 },
      { id: '6', type: 'converted', contactId: control.contactId, occurredAt: '2026-05-01T12:40:00Z', revenue: 5 },
      { id: '7', type: 'opened', contactId: someone.contactId, occurredAt: '2026-05-01T12:20:00Z', campaignId: two },
      { id: '8', type: 'opened', contactId: someone.contactId, occurredAt: '2026-05-03T12:20:00Z', campaignId: one },
      // Before the launch, and after the report.
      { id: '9', type: 'converted', contactId: control.contactId, occurredAt: '2026-05-01T11:59:59.999Z', revenue: 7 },
      { id: '10', type: 'converted', contactId: control.contactId, occurredAt: '2026-05-02T12:00:00.001Z', revenue: 9 },
    ] });
    await service.clock('2026-05-02T12:00:00Z');
    const { body: report } = await tenant.request<object>('GET', `/campaigns/${one}/report`);
    expect(report).toMatchObject({
      recipients: sizes[2], sent: { total: 1, unique: 1 }, opened: { total: 2, unique: 1 }, revenue: 10.1,
      rates: {
        // Of one in one, with z² = 3.8415: from 1 / (1 + z²) to 1.
        open: { rate: 1, interval: { low: expect.closeTo(0.20655, 4), high: 1 }, numerator: 1, denominator: 1, of: 'contacts that opened / contacts delivered to' },
        clickToOpen: { rate: 0, interval: { low: 0, high: expect.closeTo(0.79345, 4) } },
      },
      comparison: [
        { group: 'recipients', contacts: sizes[2], converted: 1, revenue: 10.1, recipientsAhead: null },
        { group: 'campaign-holdout', contacts: sizes[1], converted: 0, conversionInterval: { low: 0 }, recipientsAhead: { difference: 1 / sizes[2]! } },
        { group: 'tenant-holdout', contacts: sizes[0], converted: 1, conversionRate: 1 / sizes[0]!, recipientsAhead: { difference: 1 / sizes[2]! - 1 / sizes[0]! }, revenue: 5 },
      ],
    });
    await tenant.request('PATCH', `/campaigns/${two}`, { externalId: one });
    expect((await tenant.request('GET', `/campaigns/${two}/report`)).body).toMatchObject({ opened: { total: 1 } });
  });

  it('heeds a frequency cap over launches here and sends elsewhere, each campaign once', async () => {
    await contacts([{ email: 'a@example.com' }, { email: 'b@example.com' }, { email: 'c@example.com' }]);
    const everybody = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'is_set' }] }] };
    const only = (email: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'equals', value: email }] }] });
    const first = await campaign({ include: [{ rules: only('a@example.com') }] });
    await tenant.request('PATCH', `/campaigns/${first}`, { externalId: 'first' });
    await launch(first);
    await tenant.request('POST', '/events/batch', { events: [
      { id: '1', type: 'sent', email: 'a@example.com', occurredAt: '2026-05-01T11:00:00Z', campaignId: 'first' },
      { id: '2', type: 'sent', email: 'b@example.com', occurredAt: '2026-05-01T11:00:00Z', campaignId: 'first' },
      { id: '3', type: 'sent', email: 'b@example.com', occurredAt: '2026-04-29T11:00:00Z', campaignId: 'elsewhere' },
      { id: '4', type: 'sent', email: 'c@example.com', occurredAt: '2026-04-20T11:00:00Z', campaignId: 'x' },
      { id: '5', type: 'sent', email: 'c@example.com', occurredAt: '2026-05-01T11:00:00Z', campaignId: 'y' },
    ] });
    const id = await campaign({ include: [{ rules: everybody }], frequencyCap: { campaigns: 2, days: 7 } });
    expect(taken(await preview(id))).toEqual({ 'frequency-cap': 1 });
    await launch(id);
    expect(emails(await recipients(id))).toEqual(['a', 'c']);
    const next = await campaign({ include: [{ rules: everybody }], frequencyCap: { campaigns: 2, days: 7 } });
    expect(taken(await preview(next))).toEqual({ 'frequency-cap': 3 });
  });

  it('heeds for a frequency cap what reached a contact in the days up to now, to the millisecond, and nobody held out', async () => {
    await contacts(['week', 'less', 'now', 'soon'].map((name) => ({ email: `${name}@example.com` })));
    const everybody = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'is_set' }] }] };
    const sent = (name: string, occurredAt: string): object => ({ id: name, type: 'sent', email: `${name}@example.com`, occurredAt, campaignId: 'elsewhere' });
    await tenant.request('POST', '/events/batch', { events: [
      sent('week', '2026-04-24T12:00:00.000Z'), sent('less', '2026-04-24T12:00:00.001Z'), sent('now', now), sent('soon', '2026-05-01T12:00:00.001Z'),
    ] });
    const capped = { include: [{ rules: everybody }], frequencyCap: { campaigns: 1, days: 7 } };
    const id = await campaign(capped);
    await launch(id);
    expect(emails(await recipients(id))).toEqual(['soon', 'week']);
    // A week later to the millisecond, what was launched here counts no more; of those who were not sent to, nothing did.
    await service.clock('2026-05-08T11:59:59.999Z');
    const next = await campaign(capped);
    expect([taken(await preview(next)), emails((await preview(next)).sample)]).toEqual([{ 'frequency-cap': 3 }, ['less']]);
    await service.clock('2026-05-08T12:00:00.000Z');
    expect(taken(await preview(next))).toEqual({ 'frequency-cap': 1 });
    await service.clock('2026-05-08T12:00:00.001Z');
    expect(taken(await preview(next))).toEqual({});

    await contacts(Array.from({ length: 36 }, (_, n) => ({ email: `more${n}@example.com` })));
    const halved = await campaign({ include: [{ rules: everybody }], holdoutPercent: 50 });
    await launch(halved);
    const sentTo = (await recipients(halved)).filter(({ holdout }) => holdout === null).length;
    expect([sentTo > 0, sentTo < 40]).toEqual([true, true]);
    expect(taken(await preview(next))).toEqual({ 'frequency-cap': sentTo });
  });

  it('is launched once by many at once, and once per key', async () => {
    await contacts(Array.from({ length: 50 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })));
    const id = await campaign({ include: [{ rules: inCountry('France') }], cap: { limit: 20, order: 'random' } });
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await launch(id)));
    for (const { status, body } of answers) expect({ status, body }).toEqual({ status: 200, body: answers[0]?.body });
    expect(await recipients(id)).toHaveLength(20);
    const again = await campaign({ include: [{ rules: inCountry('France') }] });
    const once = { 'idempotency-key': 'one' };
    const racing = await Promise.all(Array.from({ length: 10 }, async () => (await launch(again, {}, once)).status));
    expect(racing.every((status) => status === 200 || status === 409)).toBe(true);
    expect((await launch(again, {}, once)).status).toBe(200);
    expect((await launch(again, { expect: { final: 1 } }, once)).status).toBe(422);
    expect(await recipients(again)).toHaveLength(50);
  });

  it('passes no frequency cap twice where two are launched at once', async () => {
    await contacts(Array.from({ length: 30 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })));
    const ids = [];
    for (let n = 0; n < 4; n += 1) ids.push(await campaign({ include: [{ rules: inCountry('France') }], frequencyCap: { campaigns: 1, days: 1 } }));
    await Promise.all(ids.map(async (id) => await launch(id)));
    const sizes = await Promise.all(ids.map(async (id) => (await recipients(id)).length));
    expect(sizes.sort()).toEqual([0, 0, 0, 30]);
  });

  describe('that is scheduled', () => {
    const sweep = async (): Promise<void> => { await service.service.app.get(LaunchSweep, { strict: false }).sweep(); };
    const read = async (id: string): Promise<Campaign> => (await tenant.request<Campaign>('GET', `/campaigns/${id}`)).body;
    const ended = async (id: string): Promise<Campaign> => {
      for (let tries = 0; ; tries += 1) {
        const found = await read(id);
        if (found.status !== 'scheduled' || tries > 200) return found;
        await new Promise((done) => { setTimeout(done, 50); });
      }
    };

    it('is launched when the service\'s clock says so, over the audience of then', async () => {
      await contacts([{ email: 'a@example.com', country: 'France' }]);
      const france = await segment({ type: 'dynamic', rules: inCountry('France') });
      const id = await campaign({ include: [{ segmentId: france }] });
      expect((await launch(id, { at: '2026-05-02T09:00:00Z' })).body).toMatchObject({ status: 'scheduled', launchAt: '2026-05-02T09:00:00.000Z', launchedAt: null });
      expect((await tenant.request('POST', `/campaigns/${id}/archive`)).status).toBe(409);
      await sweep();
      await service.service.app.get(LaunchService, { strict: false }).launchDue(tenant.id, id, new Date(now));
      expect((await read(id)).status).toBe('scheduled');
      await contacts([{ email: 'b@example.com', country: 'France' }]);
      await service.clock('2026-05-02T09:00:00Z');
      await sweep();
      expect(await ended(id)).toMatchObject({ status: 'launched', launchedAt: '2026-05-02T09:00:00.000Z' });
      expect(emails(await recipients(id))).toEqual(['a', 'b']);
    });

    it('reaches each contact at its own local time', async () => {
      await contacts([
        { email: 'k@example.com', timezone: 'Pacific/Kiritimati' }, { email: 'n@example.com', timezone: 'America/New_York' },
        { email: 'u@example.com' }, { email: 'b@example.com', timezone: 'Europe/Berlin' },
      ]);
      const id = await campaign({ include: [{ rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'is_set' }] }] } }] });
      expect((await launch(id, { localTime: '2026-05-03T09:00', at: now })).status).toBe(422);
      expect((await launch(id, { localTime: '2026-02-30T09:00' })).status).toBe(422);
      expect((await launch(id, { localTime: '2026-05-03T09:00' })).body).toMatchObject({ status: 'scheduled', localTime: '2026-05-03T09:00:00', launchAt: '2026-05-02T19:00:00.000Z' });
      await service.clock('2026-05-02T19:00:00Z');
      await sweep();
      expect(await ended(id)).toMatchObject({ status: 'launched', launchError: null });
      const times = Object.fromEntries((await recipients(id)).map(({ email, sendAt }) => [email[0], sendAt]));
      expect(times).toEqual({ k: '2026-05-02T19:00:00.000Z', n: '2026-05-03T13:00:00.000Z', u: '2026-05-03T09:00:00.000Z', b: '2026-05-03T07:00:00.000Z' });
      expect(emails(await recipients(id, '&dueBy=2026-05-03T08:00:00Z'))).toEqual(['b', 'k']);
    });

    it('is a draft again that says why, where it may not be launched', async () => {
      await contacts([{ email: 'a@example.com', country: 'France' }]);
      const id = await campaign({ include: [{ rules: inCountry('France') }] });
      await launch(id, { at: '2026-05-02T09:00:00Z', expect: { final: 5 } });
      await service.clock('2026-05-02T09:00:00Z');
      await sweep();
      const found = await ended(id);
      expect(found).toMatchObject({ status: 'draft', launchAt: null });
      expect(found.launchError).toContain('expected were 5');
    });

    it('is launched once though its job runs twice at once, and not once it is cancelled', async () => {
      await contacts(Array.from({ length: 30 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })));
      const [id, cancelled] = [await campaign({ include: [{ rules: inCountry('France') }] }), await campaign({ include: [{ rules: inCountry('France') }] })];
      for (const one of [id, cancelled]) await launch(one, { at: '2026-05-02T09:00:00Z' });
      await tenant.request('POST', `/campaigns/${cancelled}/cancel`);
      await service.clock('2026-05-02T09:00:00Z');
      const launches = service.service.app.get(LaunchService, { strict: false });
      await Promise.all([id, id, id, cancelled].map(async (one) => { await launches.launchDue(tenant.id, one, new Date('2026-05-02T09:00:00Z')); }));
      expect(await read(id)).toMatchObject({ status: 'launched', waterfall: { final: 30 } });
      expect(await recipients(id)).toHaveLength(30);
      expect(await read(cancelled)).toMatchObject({ status: 'cancelled', launchedAt: null });
    });
  });

  it('loses a person that is erased, keeps the counts, and suppresses the address for ever', async () => {
    await contacts([{ email: 'Ada@example.com', country: 'France' }, { email: 'bob@example.com', country: 'France' }]);
    const id = await campaign({ include: [{ rules: inCountry('France') }] });
    await launch(id);
    await tenant.request('POST', '/suppressions/batch', { suppressions: [{ address: 'ada@example.com', reason: 'Ada asked' }] });
    const ada = (await recipients(id)).find(({ email }) => email === 'Ada@example.com')!;
    expect((await tenant.request('DELETE', `/contacts/${ada.contactId}`)).status).toBe(204);
    expect(emails(await recipients(id))).toEqual(['bob']);
    expect((await tenant.request('GET', `/campaigns/${id}/report`)).body).toMatchObject({ recipients: 2 });
    const { rows } = await db.query<{ left: string }>(`select (select count(*) from campaign_recipient where contact_id = $1) + (select count(*) from suppression where tenant_id = $2 and value is not null) as left`, [ada.contactId, tenant.id]);
    expect(rows[0]?.left).toBe('0');
    await contacts([{ email: 'ADA@example.com', country: 'France' }]);
    const next = await campaign({ include: [{ rules: inCountry('France') }] });
    expect(taken(await preview(next))).toEqual({ 'suppressed-address': 1 });
  });
});
