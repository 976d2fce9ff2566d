import { Logger } from '@nestjs/common';
import pg from 'pg';
import { newId } from '#kernel';
import { PgBossQueue } from '../../src/queues/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { queueContract, until } from '../support/queue-contract.js';

describe('jobs on PostgreSQL', () => {
  let database: TestDatabase;
  const make = (options: { works: boolean; graceMs?: number; retryDelaySeconds?: number }): PgBossQueue => new PgBossQueue({ url: database.url, ...options });
  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
  });
  afterAll(async () => { await database.drop(); });

  queueContract(() => ({ make }));

  it('hands the job of a worker that died to another', async () => {
    const kind = `kind-${newId()}`;
    const seen: string[] = [];
    const next = make({ works: true });
    const api = make({ works: false });
    for (const queue of [api, next]) queue.define(kind, async () => { seen.push('next'); });
    try {
      await api.start();
      await api.ring(kind, { tenantId: newId() }, { key: 'a' });
      // As a worker leaves it that took the job and was killed.
      await onDatabase(database.url, `update pgboss.job set state = 'active', started_on = now() - interval '1 minute',
        heartbeat_on = now() - interval '1 minute' where name = '${kind}'`);
      await next.start();
      expect(await until(() => seen, (all) => all.length > 0)).toEqual(['next']);
    } finally {
      await Promise.all([api.stop(), next.stop()]);
    }
  });

  it('keeps its tables in a schema of its own, which the role of the service cannot read', async () => {
    const [row] = await onDatabase(database.url, 'select has_schema_privilege(\'segments_app\', \'pgboss\', \'usage\') as readable');
    expect(row).toEqual({ readable: false });
  });
});

async function onDatabase(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
