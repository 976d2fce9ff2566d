import { setTimeout as after } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type pg from 'pg';
import { ConnectionShares } from '../../libs/database/src/connection-shares.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget } from '../support/runs.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { waitingForLocks } from '../support/statements.js';
import { exportUnread, fillForExports } from '../support/unread-export.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'engagement.total_opens', operator: 'less_than', value: 3 }] }] };
/** The long form asks more, and no more than are answered within the time that they wait. */
const previews = Math.min(600, Math.max(200, Math.round(faultsBudget / 60)));
/** Whoever must not go on waits for this lock of the owner. */
const place = 12;

/** Has whoever reads a table of this tenant wait until the owner lets go of the lock; nobody else does. */
async function stopReaders(owner: pg.Client, table: string, tenant: TestTenant): Promise<void> {
  await owner.query(`create or replace function wait_here() returns boolean language plpgsql volatile as $$ begin perform pg_advisory_xact_lock_shared(${place}); return true; end $$`);
  await owner.query(`create policy wait_here on ${table} as restrictive using (tenant_id <> '${tenant.id}' or wait_here())`);
  await owner.query('select pg_advisory_lock($1)', [place]);
}

/** Asks whether the service is ready, again and again until told to stop; what it said. */
function askReady(service: TestService): { stop(): Promise<number[]> } {
  let over = false;
  const asked = (async () => {
    const said: number[] = [];
    while (!over) {
      said.push((await fetch(`${service.url}/health/ready`)).status);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    return said;
  })();
  return { stop: async () => { over = true; return await asked; } };
}

/** Test 12: previews that take seconds, many times as many as there are connections, and exports that nobody reads on. */
describe('A tenant that asks more slow questions than there are connections', () => {
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });

  it('waits for them itself, its unread exports among them: another tenant writes, reads, previews and exports meanwhile, and the service is ready', async () => {
    const [greedy, other] = [await service.tenant(), await service.tenant('Other')];
    await fillForExports(greedy);
    // Without a row of the figures nobody would wait for them.
    expect((await greedy.request('POST', '/events/batch', { events: [{ id: 'e', type: 'opened', email: 'large0@example.com', occurredAt: '2026-05-01T11:00:00Z' }] })).status).toBe(200);
    const { body: list } = await other.request<{ id: string }>('POST', '/segments', { name: 'List', type: 'static', contactIds: [] });
    const ready = askReady(service);
    const exports = Array.from({ length: 4 }, () => exportUnread(service, greedy, '/contacts/export?format=ndjson'));
    // Those that wait for their turn have no answer yet.
    expect(await Promise.race(exports.map(async ({ answered }) => await answered))).toBe(200);
    await until(() => service.service.database.connectionsKept('export'), (kept) => kept === 2);
    // Previews read the figures, and wait here; a contact is made without.
    await stopReaders(owner, 'contact_engagement', greedy);
    let ended = 0;
    const asked = Array.from({ length: previews }, async () => {
      const { status } = await greedy.request('POST', '/segments/preview', { rules });
      ended += 1;
      return status;
    });
    await until(async () => await waitingForLocks(owner), (count) => count >= 1);
    const took: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const begun = performance.now();
      expect((await other.request('POST', '/contacts/batch', { contacts: [{ email: `p${n}@example.com` }] })).status).toBe(200);
      expect((await other.request('GET', `/segments/${list.id}/contacts`)).status).toBe(200);
      expect(await other.request('POST', '/segments/preview', { rules, exact: true })).toMatchObject({ status: 200, body: { count: n + 1 } });
      expect((await other.request<string>('GET', '/contacts/export?fields=email')).body.trim().split('\r\n')).toHaveLength(n + 2);
      // Its own writes wait for none of them either.
      expect((await greedy.request('POST', '/contacts/batch', { contacts: [{ email: `p${n}@example.com` }] })).status).toBe(200);
      took.push(performance.now() - begun);
    }
    expect(ended).toBe(0);
    expect(service.service.database.connectionsKept('export')).toBe(2);
    await owner.query('select pg_advisory_unlock($1)', [place]);
    for (const { leave } of exports) leave();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    const said = await ready.stop();
    expect(new Set(said)).toEqual(new Set([200]));
    await until(() => (['question', 'export', 'work'] as const).map((use) => service.service.database.connectionsKept(use)), (kept) => kept.every((count) => count === 0));
    await owner.query('drop policy wait_here on contact_engagement');
    took.sort((a, b) => a - b);
    process.stdout.write(`runs: ${previews} slow previews and 4 unread exports of one tenant, requests of another ${Math.round(took.at(-1)!)} ms at most; ready ${said.length} times of ${said.length}\n`);
  }, 60_000);

  it('would leave no connection to another in a build that keeps none free', async () => {
    const [greedy, other] = [await service.tenant('Greedy'), await service.tenant('Other')];
    const keep = jest.spyOn(ConnectionShares.prototype, 'keep').mockImplementation(async (_use, _tenant, work) => await work());
    await owner.query('begin');
    await owner.query('lock table contact_engagement in access exclusive mode');
    const asked = Array.from({ length: 20 }, async () => (await greedy.request('POST', '/segments/preview', { rules })).status);
    // All of the pool.
    await until(async () => await waitingForLocks(owner), (count) => count >= 10);
    const made = other.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com' }] });
    expect(await Promise.race([made.then(() => 'answered'), after(2000, 'waits')])).toBe('waits');
    await owner.query('rollback');
    await Promise.all([made, ...asked]);
    keep.mockRestore();
  }, 60_000);

  it('keeps no other tenant\'s preview waiting behind all of its own, nor do two such tenants together', async () => {
    const [one, two, other] = [await service.tenant('One'), await service.tenant('Two'), await service.tenant('Other')];
    await owner.query('begin');
    await owner.query('lock table contact_engagement in access exclusive mode');
    const ended: string[] = [];
    const ask = async (tenant: TestTenant, whose: string): Promise<number> => {
      const { status } = await tenant.request('POST', '/segments/preview', { rules });
      ended.push(whose);
      return status;
    };
    const asked = Array.from({ length: previews }, async (_, n) => await ask(n % 2 === 0 ? one : two, 'greedy'));
    await until(async () => await waitingForLocks(owner), (count) => count >= 6);
    // Keys are looked up in the order of the requests: once these are answered, the greedy tenants' previews stand in the row.
    for (let n = 0; n < 5; n += 1) expect((await other.request('GET', '/segments')).status).toBe(200);
    const last = ask(other, 'other');
    for (let n = 0; n < 5; n += 1) expect((await other.request('GET', '/segments')).status).toBe(200);
    expect(ended).toEqual([]);
    await owner.query('rollback');
    expect(new Set(await Promise.all([last, ...asked]))).toEqual(new Set([200]));
    // It begins when the first of those that hold a connection ends; by then those beside it are few.
    expect(ended.indexOf('other')).toBeLessThan(previews / 2);
  });
});

/** The same where launches are wanted meanwhile: of another tenant, and of the one that asks. */
describe('A launch beside more slow questions than there are connections', () => {
  const inFrance = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };
  const openers = { match: 'all', groups: [{ match: 'all', conditions: [{ event: 'opened', window: { last: 30, unit: 'days' } }] }] };
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService();
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });

  it('goes through, its segments made fresh, while they wait', async () => {
    await service.clock('2026-05-01T12:00:00Z');
    const tenants = [await service.tenant('Greedy'), await service.tenant('Other')] as const;
    const campaigns = [];
    for (const tenant of tenants) {
      await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: 'France' })) });
      const { body: { id: segmentId } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules: inFrance });
      const { body: { id } } = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Spring' });
      await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ segmentId }], holdoutPercent: 10 });
      campaigns.push({ tenant, id });
    }
    const [greedy] = tenants;
    await greedy.request('POST', '/events/batch', { events: [{ id: 'e', type: 'opened', email: 'p0@example.com', occurredAt: '2026-05-01T11:00:00Z' }] });
    await stopReaders(owner, 'contact_event', greedy);
    const asked = Array.from({ length: previews }, async () => (await greedy.request('POST', '/segments/preview', { rules: openers })).status);
    await until(async () => await waitingForLocks(owner), (count) => count >= 3);
    const took: number[] = [];
    for (const { tenant, id } of campaigns) {
      const begun = performance.now();
      // Whoever was written just before is in it.
      expect((await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'late@example.com', country: 'France' }] })).status).toBe(200);
      const { status, body } = await tenant.request<{ status: string; waterfall: { included: number } }>('POST', `/campaigns/${id}/launch`, {});
      expect([status, body.status, body.waterfall.included]).toEqual([200, 'launched', 21]);
      const { body: { items } } = await tenant.request<{ items: { email: string }[] }>('GET', `/campaigns/${id}/recipients?limit=1000`);
      expect(new Set(items.map(({ email }) => email)).size).toBe(21);
      took.push(performance.now() - begun);
    }
    expect(await waitingForLocks(owner)).toBeGreaterThanOrEqual(3);
    await owner.query('select pg_advisory_unlock($1)', [place]);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    process.stdout.write(`runs: ${previews} slow previews of one tenant, launches of its own ${Math.round(took[0]!)} ms, of another ${Math.round(took[1]!)} ms\n`);
  }, 60_000);
});
