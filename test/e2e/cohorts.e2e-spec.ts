import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Week { week: number; retained: number; active: number; converted: number; conversions: number; revenue: number }
interface Cohorts { timezone: string; cohorts: { week: string; size: number; weeks: Week[] }[] }

/** In New York a week begins at five in the morning of UTC, and from 8 March 2026 on at four. */
describe('Cohorts by the week of entry', () => {
  let service: TestService;
  let tenant: TestTenant;
  let segment: string;

  const cohorts = async (query = ''): Promise<Cohorts> => (await tenant.request<Cohorts>('GET', `/segments/${segment}/cohorts${query}`)).body;
  const figures = ({ cohorts: all }: Cohorts, of: keyof Week): unknown[] => all.map(({ week, size, weeks }) => [week, size, weeks.map((one) => one[of])]);

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-02-20T12:00:00Z');
    tenant = await service.tenant();
    await tenant.request('PUT', '/analytics/settings', { timezone: 'America/New_York' });
    await tenant.request('POST', '/contacts/batch', { contacts: ['sunday', 'monday', 'back', 'gone'].map((name) => ({ email: `${name}@example.com` })) });
    segment = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'list', type: 'static', emails: [] })).body.id;
    for (const [at, method, name] of [
      ['2026-03-02T04:59:59.999Z', 'POST', 'sunday'], ['2026-03-02T05:00:00.000Z', 'POST', 'monday'],
      ['2026-03-03T12:00:00.000Z', 'POST', 'back'], ['2026-03-03T12:00:00.000Z', 'POST', 'gone'],
      ['2026-03-05T12:00:00.000Z', 'DELETE', 'back'],
      // As the week ends, in which she was a member to the last.
      ['2026-03-09T04:00:00.000Z', 'DELETE', 'gone'],
      ['2026-03-18T12:00:00.000Z', 'POST', 'back'],
    ] as const) {
      await service.clock(at);
      expect((await tenant.request(method, `/segments/${segment}/contacts`, { emails: [`${name}@example.com`] })).status).toBe(200);
    }
    await service.clock('2026-03-20T12:00:00Z');
    const event = (id: string, type: string, name: string, occurredAt: string, revenue?: number): object => ({ id, type, email: `${name}@example.com`, occurredAt, revenue });
    await tenant.request('POST', '/events/batch', { events: [
      event('0', 'opened', 'monday', '2026-03-02T04:59:59.999Z'),
      event('1', 'converted', 'back', '2026-03-04T12:00:00Z', 10), event('2', 'converted', 'back', '2026-03-04T13:00:00Z', -2.5),
      // She is no member any longer, and of her cohort all the same.
      event('3', 'opened', 'gone', '2026-03-12T12:00:00Z'),
      event('4', 'clicked', 'monday', '2026-03-09T03:59:59.999Z'), event('5', 'clicked', 'monday', '2026-03-09T04:00:00.000Z'),
      event('6', 'sent', 'monday', '2026-03-10T12:00:00Z'), event('7', 'converted', 'monday', '2026-03-20T12:00:00.001Z', 99),
    ] });
  });
  afterAll(async () => { await service.stop(); });

  it('hold who entered in a local week, and tell who is a member at the end of each, or now', async () => {
    const found = await cohorts();
    expect(found.timezone).toBe('America/New_York');
    expect(figures(found, 'retained')).toEqual([['2026-02-23', 1, [1, 1, 1, 1]], ['2026-03-02', 3, [2, 1, 2]]]);
  });

  it('tell what they did in each week, members or not, up to now', async () => {
    const found = await cohorts();
    expect(figures(found, 'active')).toEqual([['2026-02-23', 1, [0, 0, 0, 0]], ['2026-03-02', 3, [2, 2, 0]]]);
    expect(figures(found, 'converted')).toEqual([['2026-02-23', 1, [0, 0, 0, 0]], ['2026-03-02', 3, [1, 0, 0]]]);
    expect(figures(found, 'conversions')).toEqual([['2026-02-23', 1, [0, 0, 0, 0]], ['2026-03-02', 3, [2, 0, 0]]]);
    expect(figures(found, 'revenue')).toEqual([['2026-02-23', 1, [0, 0, 0, 0]], ['2026-03-02', 3, [7.5, 0, 0]]]);
  });

  it('are those of the days asked for, each followed for so many weeks', async () => {
    expect(figures(await cohorts('?from=2026-03-02&weeks=2'), 'retained')).toEqual([['2026-03-02', 3, [2, 1]]]);
    expect(figures(await cohorts('?from=2026-03-01&to=2026-03-01'), 'retained')).toEqual([['2026-02-23', 1, [1, 1, 1, 1]]]);
  });

  it('do not know what comes later where the clock was set back', async () => {
    await service.clock('2026-03-10T12:00:00Z');
    // Whoever will come again is not there yet, and the week is not over.
    expect(figures(await cohorts(), 'retained')).toEqual([['2026-02-23', 1, [1, 1, 1]], ['2026-03-02', 3, [2, 1]]]);
    await service.clock('2026-03-20T12:00:00Z');
  });
});
