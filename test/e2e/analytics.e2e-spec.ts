import { setTimeout as after } from 'node:timers/promises';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AnalyticsScheduler } from '../../src/analytics/jobs/analytics.scheduler.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { StatementKiller } from '../support/statements.js';
import { asOwner } from '../support/tenant-world.js';

interface Measures {
  sends: number; deliveries: number; totalOpens: number; uniqueOpens: number; totalClicks: number; uniqueClicks: number; conversions: number; revenue: number;
}
interface Day extends Measures { date: string; size: number; entered: number; left: number; rates: Record<string, number | null> }
interface Report {
  from: string; to: string; timezone: string; days: Day[]; totals: Measures & { entered: number; left: number }; rates: Record<string, number | null>;
  sizeTrend: { before: number; after: number; growth: number | null; perDay: number | null };
  monthOverMonth: { month: string; size: number; previousSize: number; growth: number | null }[];
  allContacts: { totals: Measures; rates: Record<string, number | null> };
  comparison: { rate: string; difference: number | null; interval: { low: number; high: number } | null }[];
}

let made = 0;

describe('Analytics', () => {
  let service: TestService;
  let tenant: TestTenant;
  let segment: string;
  const [ada, grace, linus] = ['ada@example.com', 'grace@example.com', 'linus@example.com'] as const;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });

  const ok = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await tenant.request<Body>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const events = async (...rows: object[]): Promise<void> => {
    const { failed } = await ok<{ failed: unknown[] }>('POST', '/events/batch', { events: rows.map((row) => ({ id: `e${made += 1}`, campaignId: 'c1', ...row })) });
    expect(failed).toEqual([]);
  };
  const report = async (from: string, to: string, id = segment): Promise<Report> => await ok('GET', `/segments/${id}/analytics?from=${from}&to=${to}`);
  const rollUp = async (from = '2026-03-01', to = '2026-03-31'): Promise<void> => {
    const { id } = await ok<{ id: string }>('POST', '/rollups', { from, to });
    for (let wait = 0; (await ok<{ status: string }>('GET', `/rollups/${id}`)).status !== 'succeeded'; wait += 1) {
      if (wait > 300) throw new Error('the rollup does not end');
      await after(50);
    }
  };
  const rolledDays = async (): Promise<number> => await asOwner(service.databaseUrl, async (client) =>
    Number((await client.query<{ n: string }>(`select count(*) as n from tenant_day where tenant_id = $1 and part = 'living'`, [tenant.id])).rows[0]?.n));
  const measured = ({ days, totals, allContacts }: Report): unknown => ({ days, totals, allContacts });

  /** Ada is in from 2 March, Grace from 2 to 4 March, Linus is never. */
  beforeEach(async () => {
    await service.clock('2026-03-01T08:00:00Z');
    tenant = await service.tenant();
    await ok('POST', '/contacts/batch', { contacts: [ada, grace, linus].map((email) => ({ email, country: email === linus ? 'Finland' : 'England' })) });
    await service.clock('2026-03-02T08:00:00Z');
    segment = (await ok<{ id: string }>('POST', '/segments', { name: 'list', type: 'static', emails: [ada, grace] })).id;
    await service.clock('2026-03-04T08:00:00Z');
    await ok('DELETE', `/segments/${segment}/contacts`, { emails: [grace] });
    await service.clock('2026-03-06T12:00:00Z');
    await events(
      { type: 'sent', email: ada, occurredAt: '2026-03-01T12:00:00Z' },
      ...[ada, grace, linus].flatMap((email) => [
        { type: 'sent', email, occurredAt: '2026-03-03T09:00:00Z' }, { type: 'delivered', email, occurredAt: '2026-03-03T09:01:00Z' },
      ]),
      { type: 'opened', email: ada, occurredAt: '2026-03-03T10:00:00Z' }, { type: 'opened', email: ada, occurredAt: '2026-03-03T11:00:00Z' },
      { type: 'opened', email: ada, occurredAt: '2026-03-05T11:00:00Z' },
      { type: 'clicked', email: ada, occurredAt: '2026-03-05T11:01:00Z' },
      { type: 'converted', email: ada, occurredAt: '2026-03-06T10:00:00Z', revenue: 19.99 },
      { type: 'opened', email: grace, occurredAt: '2026-03-05T10:00:00Z' },
      { type: 'opened', email: linus, occurredAt: '2026-03-05T10:00:00Z' },
    );
  });

  it('count an event where its contact was a member when it happened, and everyone beside', async () => {
    const { days, totals, allContacts, rates, sizeTrend, monthOverMonth, comparison } = await report('2026-03-01', '2026-03-06');
    expect(days.map(({ date, size, entered, left }) => [date.slice(8), size, entered, left])).toEqual(
      [['01', 0, 0, 0], ['02', 2, 2, 0], ['03', 2, 0, 0], ['04', 1, 0, 1], ['05', 1, 0, 0], ['06', 1, 0, 0]]);
    expect(days[2]).toMatchObject({ sends: 2, deliveries: 2, totalOpens: 2, uniqueOpens: 1, rates: { openRate: 0.5, bounceRate: 0 } });
    // Of the same contact and campaign, so not the first; Grace had left.
    expect(days[4]).toMatchObject({ totalOpens: 1, uniqueOpens: 0, totalClicks: 1, uniqueClicks: 1, rates: { openRate: null } });
    expect(totals).toMatchObject({ entered: 2, left: 1, sends: 2, totalOpens: 3, uniqueOpens: 1, conversions: 1, revenue: 19.99 });
    expect(allContacts.totals).toMatchObject({ sends: 4, deliveries: 3, totalOpens: 5, uniqueOpens: 3, revenue: 19.99 });
    expect(rates).toMatchObject({ openRate: 0.5, clickRate: 0.5, clickToOpenRate: 1, deliveryRate: 1, revenuePerDelivery: 19.99 / 2 });
    expect(sizeTrend).toMatchObject({ before: 0, after: 1, growth: null });
    expect(monthOverMonth).toEqual([{ month: '2026-03', size: 1, previousSize: 0, growth: null }]);
    const open = comparison.find(({ rate }) => rate === 'openRate');
    expect(open?.difference).toBeCloseTo(0.5 - 1, 12);
    // Of the others more opened than were delivered to: Grace had left in between.
    expect(open?.interval).toBeNull();
    const bounce = comparison.find(({ rate }) => rate === 'bounceRate');
    expect([bounce?.difference, (bounce?.interval?.low ?? 1) < 0, (bounce?.interval?.high ?? -1) > 0]).toEqual([0, true, true]);
  });

  it('count opens and clicks that name no campaign once a contact and day', async () => {
    const alone = (type: string, email: string, occurredAt: string): object => ({ type, email, occurredAt, campaignId: undefined });
    await events(
      ...['10:00', '11:00'].map((at) => alone('opened', ada, `2026-03-03T${at}:00Z`)), alone('opened', grace, '2026-03-03T12:00:00Z'),
      // She leaves at eight.
      ...['07:00', '07:30', '09:00'].map((at) => alone('opened', grace, `2026-03-04T${at}:00Z`)),
      ...['13:00', '14:00', '15:00'].map((at) => alone('clicked', ada, `2026-03-05T${at}:00Z`)),
    );
    const live = await report('2026-03-03', '2026-03-05');
    expect(live.days.map(({ totalOpens, uniqueOpens, totalClicks, uniqueClicks }) => [totalOpens, uniqueOpens, totalClicks, uniqueClicks]))
      .toEqual([[5, 3, 0, 0], [2, 1, 0, 0], [1, 0, 4, 2]]);
    expect(live.allContacts.totals).toMatchObject({ totalOpens: 11, uniqueOpens: 6, totalClicks: 4, uniqueClicks: 2 });
    await rollUp();
    expect(measured(await report('2026-03-03', '2026-03-05'))).toEqual(measured(live));
  });

  it('say the same from the rollup as live, and roll each day once however often they are asked', async () => {
    const live = await report('2026-03-01', '2026-03-06');
    await rollUp();
    expect(await rolledDays()).toBeGreaterThan(300);
    expect(measured(await report('2026-03-01', '2026-03-06'))).toEqual(measured(live));
    const stored = async (): Promise<unknown> => await asOwner(service.databaseUrl, async (client) => (await client.query(
      `select day::text, part, size, entered, exited, sends, unique_opens, revenue from segment_day where tenant_id = $1 and part in ('living', 'erased') order by day, part`,
      [tenant.id])).rows);
    const once = await stored();
    expect(once).toHaveLength(4);
    await rollUp();
    expect(await stored()).toEqual(once);
  });

  it('read the rolled days, not the events', async () => {
    await rollUp();
    await asOwner(service.databaseUrl, async (client) => { await client.query(`update segment_day set sends = 77 where tenant_id = $1 and day = '2026-03-03'`, [tenant.id]); });
    expect((await report('2026-03-03', '2026-03-03')).totals.sends).toBe(77);
    await rollUp('2026-03-03', '2026-03-03');
    expect((await report('2026-03-03', '2026-03-03')).totals.sends).toBe(2);
  });

  it('take in a late event at once, and the day whose first open it was', async () => {
    await rollUp();
    await events({ type: 'opened', email: ada, occurredAt: '2026-03-02T23:00:00Z' });
    const expected = [['02', 1, 1], ['03', 2, 0], ['05', 1, 0]];
    const opens = async (): Promise<unknown> => (await report('2026-03-01', '2026-03-06')).days.filter(({ totalOpens }) => totalOpens > 0)
      .map(({ date, totalOpens, uniqueOpens }) => [date.slice(8), totalOpens, uniqueOpens]);
    expect(await opens()).toEqual(expected);
    await rollUp('2026-03-06', '2026-03-06');
    expect(await opens()).toEqual(expected);
    expect(await asOwner(service.databaseUrl, async (client) => (await client.query('select from late_event where tenant_id = $1', [tenant.id])).rowCount)).toBe(0);
  });

  it('forget an event that was taken back, and count the open after it as the first', async () => {
    await events({ id: 'sent-in-error', type: 'opened', email: ada, occurredAt: '2026-03-02T23:00:00Z' });
    await rollUp();
    expect((await report('2026-03-02', '2026-03-03')).days.map(({ uniqueOpens }) => uniqueOpens)).toEqual([1, 0]);
    await ok('DELETE', '/events/sent-in-error');
    expect((await report('2026-03-02', '2026-03-03')).days.map(({ uniqueOpens }) => uniqueOpens)).toEqual([0, 1]);
  });

  it('write nothing down for events of days that are open', async () => {
    await rollUp();
    await events({ type: 'opened', email: ada, occurredAt: '2026-03-06T11:00:00Z' });
    expect(await asOwner(service.databaseUrl, async (client) => (await client.query('select from late_event where tenant_id = $1', [tenant.id])).rowCount)).toBe(0);
  });

  it.each([['before', true], ['after', false]])('keep the totals of a person who is erased %s the days are rolled up', async (_, first) => {
    const live = await report('2026-03-01', '2026-03-06');
    if (!first) await rollUp();
    const { items: [person] } = await ok<{ items: { id: string }[] }>('GET', `/contacts?email=${ada}`);
    await ok('DELETE', `/contacts/${person?.id}`);
    const kept = ({ days, allContacts }: Report): unknown => ({ days: days.map(({ size, left, ...day }) => (day.date.endsWith('06') ? day : { size, left, ...day })), allContacts });
    expect(kept(await report('2026-03-01', '2026-03-06'))).toEqual(kept(live));
    await rollUp();
    const rolled = await report('2026-03-01', '2026-03-06');
    expect(kept(rolled)).toEqual(kept(live));
    expect(rolled.days.at(-1)).toMatchObject({ size: 0, left: 1 });
    const rows = await asOwner(service.databaseUrl, async (client) => (await client.query<{ row: string }>(`
      select s::text as row from segment_day s union all select t::text from tenant_day t union all select l::text from late_event l`)).rows);
    expect(rows.some(({ row }) => row.includes(person?.id ?? 'nobody'))).toBe(false);
  });

  it('keep a late event of a person who is erased before it was counted', async () => {
    await rollUp();
    await events({ type: 'sent', email: ada, occurredAt: '2026-03-02T20:00:00Z' });
    const { items: [person] } = await ok<{ items: { id: string }[] }>('GET', `/contacts?email=${ada}`);
    await ok('DELETE', `/contacts/${person?.id}`);
    for (const roll of [false, true]) {
      if (roll) await rollUp('2026-03-06', '2026-03-06');
      expect((await report('2026-03-02', '2026-03-02')).days[0]).toMatchObject({ sends: 1 });
    }
  });

  it('go by the days of the tenant\'s zone', async () => {
    await rollUp();
    await events({ type: 'sent', email: ada, occurredAt: '2026-03-04T03:00:00Z' });
    expect((await report('2026-03-04', '2026-03-04')).totals.sends).toBe(1);
    await ok('PUT', '/analytics/settings', { timezone: 'america/new_york' });
    const answer = await report('2026-03-02', '2026-03-04');
    expect(answer.timezone).toBe('America/New_York');
    expect(answer.days.map(({ sends, size }) => [sends, size])).toEqual([[0, 2], [3, 2], [0, 1]]);
    await rollUp();
    expect(measured(await report('2026-03-02', '2026-03-04'))).toEqual(measured(answer));
    expect((await tenant.request('PUT', '/analytics/settings', { timezone: 'Mars/Base' })).status).toBe(422);
  });

  it('have a schedule for each zone, whichever tenants have it: no tenant is asked one by one', async () => {
    await ok('PUT', '/analytics/settings', { timezone: 'asia/tokyo' });
    // Counts the statements of a tenant that are sent here, not by jobs meanwhile; none is killed.
    const statements = await StatementKiller.open(service.databaseUrl);
    const followed = await statements.at(0, async () => { await service.service.app.get(AnalyticsScheduler, { strict: false }).followZones(); });
    await statements.close();
    expect(followed).toEqual({ done: true, sent: 0 });
    const schedules = service.service.app.get(SchedulerRegistry, { strict: false });
    expect(['UTC', 'Asia/Tokyo', 'Asia/Seoul'].map((zone) => schedules.doesExist('cron', `analytics ${zone}`))).toEqual([true, true, false]);
  });

  it('see a change of membership that was dated back by the clock', async () => {
    await rollUp();
    await service.clock('2026-03-03T08:30:00Z');
    await ok('POST', `/segments/${segment}/contacts`, { emails: [linus] });
    await service.clock('2026-03-06T12:00:00Z');
    const answer = await report('2026-03-02', '2026-03-06');
    expect(answer.days.map(({ size, sends }) => [size, sends])).toEqual([[2, 0], [3, 3], [2, 0], [2, 0], [2, 0]]);
    await rollUp('2026-03-06', '2026-03-06');
    expect(measured(await report('2026-03-02', '2026-03-06'))).toEqual(measured(answer));
  });

  it('count today for whom it was when it happened, who left and came again in between, and whose earlier opens were as a member', async () => {
    const add = async (...emails: string[]): Promise<unknown> => await ok('POST', `/segments/${segment}/contacts`, { emails });
    const remove = async (...emails: string[]): Promise<unknown> => await ok('DELETE', `/segments/${segment}/contacts`, { emails });
    for (const [at, step] of [['09', () => remove(ada)], ['10', () => add(ada, grace)], ['11', () => remove(grace)], ['12', () => add(linus)]] as const) {
      await service.clock(`2026-03-07T${at}:00:00Z`);
      await step();
    }
    await service.clock('2026-03-07T20:00:00Z');
    // Of each in turn before, between and after what they did: Ada out from 9 to 10, Grace in from 10 to 11, Linus in from 12.
    const hours = ['08:30', '09:30', '10:30', '11:30', '12:30'];
    await events(...[ada, grace, linus].flatMap((email) => hours.map((at) => ({ type: 'sent', email, occurredAt: `2026-03-07T${at}:00Z` }))));
    // Grace opened c1 on the 5th, when she was out: that of today is her first. Ada did on the 3rd, when she was in; c2 she opened while she was out, and again.
    await events(...[ada, grace].map((email) => ({ type: 'opened', email, occurredAt: '2026-03-07T10:30:00Z' })),
      ...['09:30', '10:45'].map((at) => ({ type: 'opened', email: ada, campaignId: 'c2', occurredAt: `2026-03-07T${at}:00Z` })));
    const today = await report('2026-03-07', '2026-03-07');
    expect(today.days).toMatchObject([{ size: 2, entered: 3, left: 2, sends: 4 + 1 + 1, totalOpens: 3, uniqueOpens: 2 }]);
    expect(today.allContacts.totals).toMatchObject({ sends: 15, totalOpens: 4, uniqueOpens: 1 });
    const { steps } = await ok<{ steps: { messages: number }[] }>('GET', `/segments/${segment}/funnel?from=2026-03-07&to=2026-03-07`);
    expect(steps.map(({ messages }) => messages)).toEqual([3, 2, 2, 0, 0]);
    await service.clock('2026-03-08T08:00:00Z');
    await rollUp();
    expect(measured(await report('2026-03-07', '2026-03-07'))).toEqual(measured(today));
  });

  it('roll up the half hours of today that are over, once somebody has asked for them, and take in what comes late', async () => {
    await service.clock('2026-03-07T12:20:00Z');
    await events(...['00:10', '09:10', '11:50', '12:10'].map((at) => ({ type: 'sent', email: ada, occurredAt: `2026-03-07T${at}:00Z` })));
    const sends = async (): Promise<number> => (await report('2026-03-07', '2026-03-07')).totals.sends;
    const parts = async (): Promise<string[]> => await asOwner(service.databaseUrl, async (client) => (await client.query<{ part: string }>(
      `select part from tenant_day where tenant_id = $1 and day = '2026-03-07' order by part`, [tenant.id])).rows.map(({ part }) => part));
    expect(await sends()).toBe(4);
    // Up to 12:00, a quarter of an hour and more ago.
    await until(parts, (found) => found.length === 24, 30_000);
    expect([(await parts()).at(0), (await parts()).at(-1), await sends()]).toEqual(['00', '23', 4]);
    await asOwner(service.databaseUrl, async (client) => { await client.query(`update segment_day set sends = 70 where tenant_id = $1 and part = '18'`, [tenant.id]); });
    expect(await sends()).toBe(73);
    // From the half hour of an event that comes late on, all are counted anew.
    await events({ type: 'sent', email: ada, occurredAt: '2026-03-07T10:59:59Z' });
    expect(await sends()).toBe(74);
    await until(sends, (found) => found === 74, 30_000);
    await events({ type: 'sent', email: ada, occurredAt: '2026-03-07T09:00:00Z' });
    expect(await sends()).toBe(6);
    await until(parts, (found) => found.length === 24, 30_000);
    expect(await sends()).toBe(6);
  });

  it('take changes in the order in which they were written, today as on days that are over', async () => {
    await service.clock('2026-03-07T09:00:00Z');
    await ok('POST', `/segments/${segment}/contacts`, { emails: [linus] });
    await service.clock('2026-03-06T13:00:00Z');
    await ok('DELETE', `/segments/${segment}/contacts`, { emails: [linus] });
    await service.clock('2026-03-07T20:00:00Z');
    await events({ type: 'sent', email: linus, occurredAt: '2026-03-07T10:00:00Z' });
    const today = await report('2026-03-07', '2026-03-07');
    expect([today.totals.sends, today.allContacts.totals.sends]).toEqual([0, 1]);
    await service.clock('2026-03-08T08:00:00Z');
    await rollUp();
    expect(measured(await report('2026-03-07', '2026-03-07'))).toEqual(measured(today));
  });

  it('tell how far messages came, each step at most as far as the one before', async () => {
    // A click without an open, as where images are blocked.
    await events({ type: 'sent', email: ada, campaignId: 'c2', occurredAt: '2026-03-05T09:00:00Z' }, { type: 'clicked', email: ada, campaignId: 'c2', occurredAt: '2026-03-05T09:30:00Z' });
    const { steps } = await ok<{ steps: { step: string; messages: number; ofSent: number }[] }>('GET', `/segments/${segment}/funnel?from=2026-03-01&to=2026-03-06`);
    expect(steps.map(({ step, messages }) => [step, messages])).toEqual([['sent', 3], ['delivered', 3], ['opened', 3], ['clicked', 2], ['converted', 1]]);
  });

  it('compare segments with the first', async () => {
    const other = (await ok<{ id: string }>('POST', '/segments', { name: 'other', type: 'static', emails: [linus] })).id;
    const answer = await ok<{ segments: { name: string; size: number; comparison: { rate: string }[] }[] }>('GET', `/segments/compare?ids=${segment},${other}`);
    expect(answer.segments.map(({ name, size }) => [name, size])).toEqual([['list', 1], ['other', 1]]);
    for (const [ids, status] of [[segment, 422], [`${segment},${segment}`, 422], [`${segment},x`, 404]] as const) {
      expect((await tenant.request('GET', `/segments/compare?ids=${ids}`)).status).toBe(status);
    }
  });

  it('refuse periods that cannot be', async () => {
    for (const query of ['from=2026-03-05&to=2026-03-01', 'from=2026-02-30', 'from=1990-01-01', 'from=yesterday']) {
      expect((await tenant.request('GET', `/segments/${segment}/analytics?${query}`)).status).toBe(422);
    }
    const ahead = await tenant.request<{ detail: string }>('GET', `/segments/${segment}/analytics?from=2026-03-07&to=2026-04-01`);
    expect([ahead.status, ahead.body.detail]).toEqual([422, 'The period begins after today, 2026-03-06.']);
    const { from, to, days } = await report('2026-03-05T23:00:00%2B02:00', '2027-01-01');
    expect([from, to, days.length]).toEqual(['2026-03-05', '2026-03-06', 2]);
  });

  it('draw charts that are legible on light and dark pages', async () => {
    const other = (await ok<{ id: string }>('POST', '/segments', { name: 'R&D <b>', type: 'static', emails: [linus] })).id;
    for (const [path, accept] of [
      [`/segments/${segment}/analytics.svg`, '*/*'], [`/segments/${segment}/analytics`, 'image/svg+xml'], [`/segments/${segment}/funnel`, 'image/svg+xml'],
      [`/segments/${segment}/funnel.svg`, '*/*'], [`/segments/compare.svg?ids=${segment},${other}`, '*/*'], [`/segments/compare?ids=${segment},${other}`, 'image/svg+xml'],
    ] as const) {
      const { status, headers, body } = await tenant.request<string>('GET', path, undefined, { accept });
      expect([path, status, headers.get('content-type')?.split(';')[0]]).toEqual([path, 200, 'image/svg+xml']);
      expect(body).toMatch(/^<svg [^>]*role="img"><title>.*<\/title><style>@media \(prefers-color-scheme: dark\)/);
      expect(body).not.toContain('<b>');
      const inks = new Set([...body.matchAll(/<text [^>]*fill="([^"]*)"/g)].map(([, ink]) => ink));
      expect(inks.size).toBeGreaterThan(0);
      // Words that stay dark on a dark page cannot be read.
      expect([...inks].filter((ink) => !body.includes(`[fill="${ink}"]{fill:`))).toEqual([]);
    }
  });
});
