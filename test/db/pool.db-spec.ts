import pg from 'pg';
import { connect, type Database, lostSession, sql } from '#database';
import { newId } from '#kernel';
import { startHalfOpenProxy } from '../support/half-open-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startProxy } from '../support/proxy.js';
import { until } from '../support/queue-contract.js';

describe('The pool', () => {
  let database: TestDatabase;
  let service: Database;
  let killer: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await connect({ url: database.url, takeRole: true });
    killer = new pg.Client({ connectionString: database.url });
    await killer.connect();
  });
  afterAll(async () => {
    await killer.end();
    await service.close();
    await database.drop();
  });

  // The driver lost a connection that was being made meanwhile, and a service that was stopped then never ended.
  it('ends with what is under way, connections that are being made among it, and takes nothing new', async () => {
    const ending = await connect({ url: database.url, takeRole: true });
    const sent = Array.from({ length: 20 }, async () => await ending.inTenant(newId(), async (tx) => await tx.rows(sql`select 1 as one`)));
    const closed = ending.close();
    await expect(ending.outsideTenants(sql`select 1`)).rejects.toMatchObject({ status: 503, slug: 'unavailable' });
    expect(await Promise.all(sent)).toEqual(sent.map(() => [{ one: 1 }]));
    await closed;
  });

  // A transaction whose rollback failed kept its connection: the tenth terminated session hung the service for ever.
  it('gets back the connection of every session that the server ended', async () => {
    for (let n = 0; n < 12; n += 1) {
      const cut = service.inTenant(newId(), async (tx) => {
        const session = await tx.row<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        await killer.query('select pg_terminate_backend($1, 5000)', [session?.pid]);
        await tx.rows(sql`select 1`);
      });
      await expect(cut).rejects.toThrow();
    }
    expect(await service.inTenant(newId(), async (tx) => await tx.rows(sql`select 1 as one`))).toEqual([{ one: 1 }]);
  });

  it('hands the lock of a worker that froze in a cycle to the next, and refuses what it does when it wakes', async () => {
    const tenantId = newId();
    const [begun, frozen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const cut = service.inCycle(tenantId, async (session) => await session.snapshot(async (tx) => {
      await tx.rows(sql`select 1`);
      begun.resolve();
      await frozen.promise;
      await tx.rows(sql`select 2`);
    }, { statementTimeoutMs: 60_000 }), { frozenAfterMs: 50 });
    const outcome = cut.then(() => 'done', (error: unknown) => error);
    // On a busy machine the other was the first to have the lock.
    await begun.promise;
    let taken: string | null = null;
    while (taken === null) taken = await service.inCycle(tenantId, async () => 'taken over');
    frozen.resolve();
    expect(await outcome).toBeInstanceOf(Error);
    // The limit is that cycle's alone: the connection is another's afterwards.
    expect(await service.inTenant(tenantId, async (tx) => await tx.rows(sql`show idle_in_transaction_session_timeout`)))
      .toEqual([{ idle_in_transaction_session_timeout: '0' }]);
  });

  // A machine that falls silent in the middle of any transaction would keep its rows from others for two hours.
  it('asks the server to look after whoever it works for, in every transaction', async () => {
    expect(await service.inTenant(newId(), async (tx) => await tx.row(sql`select
      current_setting('tcp_keepalives_idle') as idle, current_setting('tcp_keepalives_interval') as interval, current_setting('tcp_keepalives_count') as count,
      current_setting('tcp_user_timeout') as unacknowledged, current_setting('client_connection_check_interval') as closed`)))
      .toEqual({ idle: '15', interval: '10', count: '3', unacknowledged: '45000', closed: '10s' });
  });

  it('gives up a cycle whose line went silent long before its statement may take, since its session is gone', async () => {
    const proxy = await startHalfOpenProxy(database.url);
    const silent = await connect({ url: proxy.url, takeRole: true, statementLimitMs: 300 });
    const tenantId = newId();
    const cut = silent.inCycle(tenantId, async (session) => await session.snapshot(async (tx) => {
      proxy.blackHole();
      proxy.heal();
      await tx.rows(sql`select 1`);
    }, { statementTimeoutMs: 3_600_000 }));
    expect(await cut.then(() => 'done', lostSession)).toBe(true);
    expect(await silent.inCycle(tenantId, async () => await Promise.resolve('taken over'))).toBe('taken over');
    await silent.close();
    await proxy.close();
  });

  it('hands on the lock of a cycle whose line went silent as soon as it had it', async () => {
    // The server hears the question for the lock, and nothing after it.
    const proxy = await startProxy(database.url, (from, to) => {
      let asked = false;
      from.on('data', (data) => {
        if (!asked) to.write(data);
        asked ||= data.includes('pg_try_advisory_lock');
      });
      to.on('data', (data) => { if (!asked) from.write(data); });
    });
    const silent = await connect({ url: proxy.url, takeRole: true, statementLimitMs: 300 });
    const tenantId = newId();
    expect(await silent.inCycle(tenantId, async () => 'had it', { frozenAfterMs: 1000 }).then(() => 'done', lostSession)).toBe(true);
    await until(async () => await service.inCycle(tenantId, async () => 'taken over'), (taken) => taken !== null);
    await silent.close();
    await proxy.close();
  });

  it('waits for a statement that may take longer than the usual ones as long as its session is there', async () => {
    const impatient = await connect({ url: database.url, takeRole: true, statementLimitMs: 100 });
    const slow = sql`select pg_sleep(0.7)`;
    await expect(impatient.inTenant(newId(), async (tx) => await tx.rows(slow))).rejects.toMatchObject({ code: '57014' });
    expect(await impatient.inTenant(newId(), async (tx) => await tx.rows(slow), { statementTimeoutMs: 60_000 })).toHaveLength(1);
    await impatient.close();
  });

  it('ends a question whose statements take too long together, as if one did, and keeps nothing for it', async () => {
    const impatient = await connect({ url: database.url, takeRole: true, statementLimitMs: 500 });
    let sent = 0;
    const question = impatient.inSnapshot(newId(), async (tx) => {
      for (; sent < 100; sent += 1) await tx.rows(sql`select pg_sleep(0.1)`);
    });
    await expect(question).rejects.toMatchObject({ status: 503, slug: 'took-too-long' });
    expect(sent).toBeLessThan(10);
    expect(impatient.connectionsKept('question')).toBe(0);
    await impatient.close();
  });

  it('gives a tenant\'s questions as long as an operator said, be it less than the others\' or more than a usual statement has', async () => {
    const impatient = await connect({ url: database.url, takeRole: true, statementLimitMs: 2000 });
    const [less, more] = [newId(), newId()];
    await killer.query(`insert into tenant (id, name, created_at, answer_seconds) values ($1, 'less', now(), 1), ($2, 'more', now(), 60)`, [less, more]);
    const outcome = async (tenantId: string, seconds: number): Promise<unknown> => await impatient.inSnapshot(tenantId, async (tx) => await tx.rows(sql`select pg_sleep(${seconds})`))
      .then(() => 'answered', (error: unknown) => (error as { slug?: string; code?: string }).slug ?? (error as { code?: string }).code);
    expect(await outcome(more, 2.5)).toBe('answered');
    expect(await outcome(newId(), 2.5)).toMatch(/took-too-long|57014/);
    expect(await outcome(less, 1.5)).toMatch(/took-too-long|57014/);
    expect(await outcome(newId(), 1.5)).toBe('answered');
    await impatient.close();
  }, 30_000);
});
