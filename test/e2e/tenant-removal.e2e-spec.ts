import { setTimeout as after } from 'node:timers/promises';
import type pg from 'pg';
import { newId } from '#kernel';
import { RemovalSweep } from '../../src/operator/jobs/removal.sweep.js';
import { Wake } from '../../src/queues/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { waitingForLocks } from '../support/statements.js';
import { asOwner, makeWorld, publishedOperations, rowsOf, settled } from '../support/tenant-world.js';

const everybody = { match: 'all', groups: [] };

/** The tables in which something of a tenant is left, the queue among them. */
async function leftOf(databaseUrl: string, tenantId: string): Promise<string[]> {
  const rows = await rowsOf(databaseUrl, tenantId);
  const elsewhere = await asOwner(databaseUrl, async (owner) => (await owner.query<{ name: string }>(`
    select 'tenant' as name from tenant where id = $1::uuid
    union all select 'pgboss.job ' || name || ' ' || state from pgboss.job where data ->> 'tenantId' = $1::uuid::text`, [tenantId])).rows.map(({ name }) => name));
  return [...Object.entries(rows).filter(([, hash]) => !hash.startsWith('0 rows')).map(([table]) => table), ...elsewhere];
}

/** 21,000 contacts, more than one batch has, and 45,000 events of theirs. */
async function insertMany(owner: pg.Client, tenantId: string, withEvents = 21_000): Promise<void> {
  await owner.query(`insert into contact (tenant_id, id, email, created_at, updated_at)
    select $1::uuid, md5($1 || n::text)::uuid, n || '@example.com', '2026-01-01', '2026-01-01' from generate_series(1, 21000) n`, [tenantId]);
  await owner.query(`insert into contact_event (tenant_id, id, contact_id, type, occurred_at, received_at)
    select $1::uuid, 'e' || n, md5($1 || (n % $2 + 1)::text)::uuid, 'opened', '2026-01-01', '2026-01-01' from generate_series(1, 45000) n`, [tenantId, withEvents]);
}

async function looksBy(owner: pg.Client, index: string): Promise<number> {
  const { rows: [row] } = await owner.query<{ count: number }>('select idx_scan::int as count from pg_stat_user_indexes where indexrelname = $1', [index]);
  return row!.count;
}

describe('A tenant that is removed', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ REFRESH_CRON: '0 0 1 1 *', ANALYTICS_CRON: '0 0 1 1 *' });
    await service.clock('2026-04-01T12:00:00Z');
  });
  afterAll(async () => { await service.stop(); });

  const remove = async (id: string): Promise<number> => (await service.admin('DELETE', `/admin/tenants/${id}`)).status;
  const statusOf = async (tenant: TestTenant): Promise<number> => (await tenant.request('GET', '/segments')).status;

  it('leaves nothing behind in any table, and others untouched', async () => {
    const operations = await publishedOperations(service);
    const [gone, other] = [await makeWorld(service, operations, 'A'), await makeWorld(service, operations, 'B')];
    await settled(service);
    const had = await leftOf(service.databaseUrl, gone.tenant.id);
    const before = await rowsOf(service.databaseUrl, other.tenant.id);
    const empty = Object.keys(before).filter((table) => !had.includes(table));
    // These have rows where something is under way, or went wrong: they are emptied like the others.
    expect(empty.length).toBeLessThan(Object.keys(before).length / 3);
    expect(await remove(gone.tenant.id)).toBe(204);
    expect(await leftOf(service.databaseUrl, gone.tenant.id)).toEqual([]);
    expect(await rowsOf(service.databaseUrl, other.tenant.id)).toEqual(before);
    expect(await statusOf(gone.tenant)).toBe(401);
    expect(await statusOf(other.tenant)).toBe(200);
  }, 120_000);

  it('is 404 from then on, as one that never was', async () => {
    const { id } = await service.tenant();
    expect(await remove(id)).toBe(204);
    expect(await service.admin('DELETE', `/admin/tenants/${id}`)).toMatchObject({ status: 404, body: { status: 404 } });
    expect([await remove(newId()), await remove('nobody')]).toEqual([404, 404]);
  });
});

/** Nobody works the queue: cycles run when the test runs them. */
describe('A tenant that is removed while somebody is at work', () => {
  let service: TestService;
  let tenant: TestTenant;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });
  beforeEach(async () => {
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com' }] });
    await tenant.request('POST', '/segments', { name: 'all', type: 'dynamic', rules: everybody });
    await rung();
  });

  const remove = async (): Promise<number> => (await service.admin('DELETE', `/admin/tenants/${tenant.id}`)).status;
  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  /** A write rings up to 200 ms later, so perhaps after all is gone: nobody hears it here. What is held back rings now. */
  const rung = async (): Promise<void> => { await service.service.app.get(Wake, { strict: false }).onApplicationShutdown(); };
  const closed = async (): Promise<void> => {
    await until(async () => (await owner.query('select from tenant where id = $1 and removing_at is not null', [tenant.id])).rowCount, (count) => count === 1);
  };

  /** As between the removal of its events and of its contacts, their entries still in the indexes. Comes first: nobody else has events yet but one with many for each contact. */
  it('asks by the contact whether events name it, also where statistics know nothing of the tenant any more', async () => {
    const other = await service.tenant();
    await owner.query('alter table contact_event set (autovacuum_enabled = off)');
    try {
      await insertMany(owner, tenant.id);
      await insertMany(owner, other.id, 450);
      await owner.query('delete from contact_event where tenant_id = $1', [tenant.id]);
      await owner.query('analyze contact_event');
      expect(await remove()).toBe(204);
      // Sessions tell the server's statistics once they have been idle for some seconds.
      await until(async () => await looksBy(owner, 'contact_event_by_contact'), (count) => count >= 21_000, 30_000);
    } finally {
      await owner.query('alter table contact_event reset (autovacuum_enabled)');
    }
  }, 60_000);

  it('goes by batches where it has more than one has', async () => {
    const other = await service.tenant();
    for (const { id } of [tenant, other]) {
      await insertMany(owner, id);
      await owner.query(`insert into contact_change (tenant_id, contact_id, at) select $1::uuid, md5($1 || n::text)::uuid, '2026-01-01' from generate_series(1, 41000) n`, [id]);
    }
    expect(await remove()).toBe(204);
    expect(await leftOf(service.databaseUrl, tenant.id)).toEqual([]);
    const { rows: [kept] } = await owner.query<{ events: string }>('select count(*) as events from contact_event where tenant_id = $1', [other.id]);
    expect(kept?.events).toBe('45000');
  }, 60_000);

  it('waits for a write under way, takes it along, and lets nobody in meanwhile', async () => {
    const writer = await service.owner();
    try {
      await writer.query('begin');
      const { rows: [ada] } = await writer.query<{ id: string }>('select id from contact where tenant_id = $1 for no key update', [tenant.id]);
      await writer.query(`insert into contact_event (tenant_id, id, contact_id, type, occurred_at, received_at) values ($1, 'late', $2, 'opened', now(), now())`, [tenant.id, ada?.id]);
      await writer.query(`insert into contact_change (tenant_id, contact_id, at) values ($1, $2, now())`, [tenant.id, ada?.id]);
      const removed = remove();
      await closed();
      expect((await tenant.request('GET', '/segments')).status).toBe(401);
      await cycle();
      // Until it has come to the contact that is held.
      await until(async () => await waitingForLocks(owner), (count) => count === 1);
      await writer.query('commit');
      expect(await removed).toBe(204);
    } finally {
      await writer.end();
    }
    expect(await leftOf(service.databaseUrl, tenant.id)).toEqual([]);
  }, 60_000);

  it.each(['full', 'incremental'])('ends a cycle without harm: %s', async (mode) => {
    if (mode === 'incremental') {
      await cycle();
      await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'bob@example.com' }] });
      await rung();
    }
    await owner.query('create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return new; end $$');
    await owner.query('create trigger linger before insert on segment_member for each row execute function linger()');
    try {
      const running = cycle();
      await after(300);
      const removed = remove();
      await expect(running).resolves.toBeUndefined();
      expect(await removed).toBe(204);
      await cycle();
    } finally {
      await owner.query('drop function linger() cascade');
    }
    expect(await leftOf(service.databaseUrl, tenant.id)).toEqual([]);
  }, 60_000);

  it('goes on where its process died, once nobody has been at it for a minute', async () => {
    const worker = await startTestService();
    try {
      const sweep = async (): Promise<void> => { await worker.service.app.get(RemovalSweep, { strict: false }).sweep(); };
      const left = await worker.tenant();
      const notedAt = async (ago: string): Promise<void> => {
        await asOwner(worker.databaseUrl, async (client) => { await client.query('update tenant set removing_at = now() - $2::interval where id = $1', [left.id, ago]); });
      };
      const isThere = async (): Promise<boolean> => (await leftOf(worker.databaseUrl, left.id)).includes('tenant');
      await notedAt('30 seconds');
      await sweep();
      await after(1500);
      expect(await isThere()).toBe(true);
      await notedAt('90 seconds');
      await sweep();
      await until(isThere, (there) => !there);
    } finally {
      await worker.stop();
    }
  }, 60_000);
});
