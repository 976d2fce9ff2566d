import { setTimeout as after } from 'node:timers/promises';
import { sql } from '#database';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { asOwner } from '../support/tenant-world.js';

describe('A refresh whose database crashes right after it', () => {
  let postgres: OwnPostgres;
  let service: TestService;
  let tenant: TestTenant;
  let segmentId: string;

  beforeAll(async () => {
    postgres = await startOwnPostgres();
    // Nobody refreshes but this test, the server commits nothing by itself, and what the segment's making rings for is noted before it goes on: no other commit comes in between.
    await rowsOf('alter system set autovacuum = off');
    await rowsOf('select pg_reload_conf()');
    service = await startTestService({ ROLE: 'api' }, postgres);
    await service.clock('2026-05-01T12:00:00Z');
    tenant = await service.tenant();
    const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'Canada' }] }] };
    segmentId = (await tenant.request<{ id: string }>('POST', '/segments', { name: 'Canada', type: 'dynamic', rules })).body.id;
    await until(async () => (await rowsOf(`select from pgboss.job where data ->> 'tenantId' = $1`, tenant.id)).length, (jobs) => jobs > 0);
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  const rowsOf = async <Row>(statement: string, ...values: unknown[]): Promise<Row[]> =>
    await asOwner(postgres.url, async (owner) => (await owner.query(statement, values)).rows as Row[]);
  const add = async (name: string): Promise<void> => {
    await rowsOf(`
      with added as (
        insert into contact (tenant_id, id, email, country, created_at, updated_at)
        values ($1, gen_random_uuid(), $2 || '@example.com', 'Canada', '2026-05-01', '2026-05-01') returning id
      )
      insert into contact_change (tenant_id, kind, contact_id, at) select $1, 'contact', id, '2026-05-01' from added`, tenant.id, name);
  };
  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  /** Past the API, which notes that a key was used. */
  const members = async (): Promise<string[]> => await service.service.database.inTenant(tenant.id, async (tx) => (await tx.rows<{ email: string }>(sql`
    select c.email from segment_member m join contact c on c.tenant_id = ${tx.tenantId}::uuid and c.id = m.contact_id
    where m.tenant_id = ${tx.tenantId}::uuid and m.segment_id = ${segmentId}::uuid order by c.email`)).map(({ email }) => email.split('@')[0]!));

  /** Stopped just when it holds the lock of the log, it would hold up every commit: then it goes on, and is stopped a little later. */
  const stopTheWalWriter = async (): Promise<void> => {
    const [writer] = await rowsOf<{ pid: number }>(`select pid from pg_stat_activity where backend_type = 'walwriter'`);
    for (;;) {
      process.kill(writer!.pid, 'SIGSTOP');
      const committed = rowsOf(`select pg_logical_emit_message(true, 'test', '')`).then(() => true);
      if (await Promise.race([committed, after(3000, false)])) return;
      process.kill(writer!.pid, 'SIGCONT');
      await committed;
    }
  };

  /** Then the database crashes. What nobody waited for has reached the disk only with a later commit that somebody did wait for. */
  const withoutTheWalWriter = async (work: () => Promise<void>): Promise<void> => {
    await stopTheWalWriter();
    await work();
    await postgres.crash();
    await postgres.start();
    await until(async () => (await fetch(`${service.url}/health/ready`)).status, (status) => status === 200, 30_000);
  };

  it('is made again where it was forgotten, and kept where a write after it was acknowledged, or where it was asked for', async () => {
    await add('ada');
    await cycle();
    await add('bob');
    await withoutTheWalWriter(async () => {
      await cycle();
      expect(await members()).toEqual(['ada', 'bob']);
    });
    expect(await members()).toEqual(['ada']);
    await cycle();
    expect(await members()).toEqual(['ada', 'bob']);
    await withoutTheWalWriter(async () => {
      await add('cleo');
      await cycle();
      await add('dora');
    });
    expect(await members()).toEqual(['ada', 'bob', 'cleo']);
    await cycle();
    expect(await members()).toEqual(['ada', 'bob', 'cleo', 'dora']);
    // Somebody is told how one ends that was asked for.
    await add('eve');
    const { body: { refreshId } } = await tenant.request<{ refreshId: string }>('POST', `/segments/${segmentId}/refresh`);
    await withoutTheWalWriter(cycle);
    expect(await members()).toEqual(['ada', 'bob', 'cleo', 'dora', 'eve']);
    expect((await tenant.request('GET', `/refreshes/${refreshId}`)).body).toMatchObject({ status: 'succeeded' });
    const history = await rowsOf<{ change: string; count: number }>(`
      select change, count(*)::int as count from membership_change where tenant_id = $1 group by contact_id, change`, tenant.id);
    expect(history).toEqual(Array.from({ length: 5 }, () => ({ change: 'entered', count: 1 })));
  }, 300_000);
});
