import { Database, sql } from '#database';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { findDueTenants } from '../../src/segments/sql/find-due-tenants.sql.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const opened = (window: object | undefined): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ event: 'opened', ...(window === undefined ? {} : { window }) }] }],
});
const days = (n: number): number => n * 86_400_000;

describe('The sweep', () => {
  let service: TestService;
  let database: Database;
  let tenant: TestTenant;

  // The system's clock, for edges ring by real time only; nobody works the queue but the test.
  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api', CLOCK: 'system' });
    database = service.service.app.get(Database, { strict: false });
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { tenant = await service.tenant(); });

  /** The statement is another where the tables are distributed; both are asked everywhere. */
  const dueAt = async (at: number): Promise<boolean> => {
    const [hopping, reading] = await Promise.all([false, true].map(async (isDistributed) => await isDueAt(at, isDistributed)));
    expect(reading).toBe(hopping);
    return hopping!;
  };
  const isDueAt = async (at: number, isDistributed: boolean): Promise<boolean> =>
    (await database.acrossTenants<{ id: string }>(findDueTenants(new Date(at), isDistributed))).some(({ id }) => id === tenant.id);
  const event = async (occurredAt: number): Promise<void> => {
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com' }] });
    await tenant.request('POST', '/events/batch', { events: [{ id: 'one', type: 'opened', email: 'ada@example.com', occurredAt: new Date(occurredAt).toISOString() }] });
  };
  /** Until nothing is due at once: fill, changes, and the look for the next edge. */
  const settle = async (): Promise<void> => {
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    for (let run = 0; run < 3; run += 1) await cycle.run(tenant.id);
  };

  it('finds a tenant when the next edge of a rule comes, and not before', async () => {
    const now = Math.floor(performance.timeOrigin + performance.now());
    await event(now - days(10));
    await tenant.request('POST', '/segments', { name: 'opened in 30 days', type: 'dynamic', rules: opened({ last: 30, unit: 'days' }) });
    await settle();
    expect(await dueAt(now + days(20) - 1)).toBe(false);
    expect(await dueAt(now + days(20))).toBe(true);
  });

  it('finds a tenant when an event that came early has its time', async () => {
    const now = Math.floor(performance.timeOrigin + performance.now());
    await event(now + days(3));
    await tenant.request('POST', '/segments', { name: 'opened', type: 'dynamic', rules: opened(undefined) });
    await settle();
    expect(await dueAt(now + days(3) - 1)).toBe(false);
    expect(await dueAt(now + days(3))).toBe(true);
  });

  it('finds a tenant when an event of its own type has its time, which figures count as well', async () => {
    const now = Math.floor(performance.timeOrigin + performance.now());
    await tenant.request('POST', '/event-types', { key: 'paid', label: 'Paid' });
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com' }] });
    await tenant.request('POST', '/events/batch', { events: [
      { id: 'one', type: 'paid', email: 'ada@example.com', occurredAt: new Date(now + days(3)).toISOString(), revenue: 5 },
      { id: 'two', type: 'paid', email: 'ada@example.com', occurredAt: new Date(now + days(5)).toISOString(), revenue: 5 },
    ] });
    await tenant.request('POST', '/segments', {
      name: 'paid', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.total_revenue', operator: 'greater_than', value: 0 }] }] },
    });
    await settle();
    expect(await dueAt(now + days(3) - 1)).toBe(false);
    expect(await dueAt(now + days(3))).toBe(true);
  });

  it('leaves a tenant alone whose rules do not depend on time', async () => {
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'France' }] });
    await tenant.request('POST', '/segments', {
      name: 'France', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] },
    });
    expect(await dueAt(0)).toBe(true);
    await settle();
    expect(await dueAt(8e15)).toBe(false);
  });

  it('leaves drafts, archived and static segments alone, and finds one that is activated', async () => {
    await tenant.request('POST', '/segments', { name: 'a draft', type: 'dynamic', status: 'draft', rules: opened(undefined) });
    await tenant.request('POST', '/segments', { name: 'a list', type: 'static' });
    const archived = await tenant.request<{ id: string }>('POST', '/segments', { name: 'archived', type: 'dynamic', rules: opened(undefined) });
    await settle();
    await tenant.request('POST', `/segments/${archived.body.id}/archive`);
    await settle();
    expect(await dueAt(8e15)).toBe(false);
    await tenant.request('POST', `/segments/${archived.body.id}/activate`);
    expect(await dueAt(0)).toBe(true);
  });

  it('sees of all tenants that there is work, and nothing else', async () => {
    await event(0);
    await expect(database.acrossTenants(sql`select contact_id from contact_change`)).rejects.toThrow(/permission denied/);
    await expect(database.acrossTenants(sql`select contact_count from segment_state`)).rejects.toThrow(/permission denied/);
    await expect(database.acrossTenants(sql`select closed_until from analytics_state`)).rejects.toThrow(/permission denied/);
    await expect(database.acrossTenants(sql`select name from tenant`)).rejects.toThrow(/permission denied/);
    await expect(database.acrossTenants(sql`select id from contact`)).rejects.toThrow(/permission denied/);
    expect(await database.acrossTenants(sql`select tenant_id from contact_change`)).toContainEqual({ tenant_id: tenant.id });
  });
});
