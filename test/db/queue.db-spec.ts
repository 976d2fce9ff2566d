import { Logger } from '@nestjs/common';
import pg from 'pg';
import { newId } from '#kernel';
import { PgBossQueue } from '../../src/queues/index.js';
import { createTestDatabase } from '../support/database.js';
import { startHalfOpenProxy } from '../support/half-open-proxy.js';
import { type OwnPostgres, startOwnPostgres } from '../support/own-postgres.js';
import { queueContract, until } from '../support/queue-contract.js';

describe('jobs on PostgreSQL', () => {
  let postgres: OwnPostgres;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startOwnPostgres();
  }, 120_000);
  afterAll(async () => { await postgres.drop(); });

  queueContract(() => ({
    make: (options) => new PgBossQueue({ url: postgres.url, ...options }),
    url: postgres.url,
    // A heartbeat, and a look at those that are missing.
    silenceMs: 20_000,
    async deliverAgain(kind) {
      await onDatabase(postgres.url, `update pgboss.job set state = 'retry', start_after = now() where state = 'active' and name = '${kind}'`);
    },
    kill: async () => { await postgres.crash(); },
    start: async () => { await postgres.start(); },
  }));

  it('is down within its time where packets vanish and nobody closes the connection', async () => {
    const proxy = await startHalfOpenProxy(postgres.url);
    const queue = new PgBossQueue({ url: proxy.url, works: false, answerMs: 1000 });
    queue.define(`kind-${newId()}`, async () => undefined);
    await queue.start();
    try {
      expect(await queue.isUp(500)).toBe(true);
      proxy.blackHole();
      const began = performance.now();
      expect(await queue.isUp(500)).toBe(false);
      expect(performance.now() - began).toBeLessThan(1500);
      proxy.heal();
      await until(async () => await queue.isUp(500), (up) => up);
    } finally {
      await queue.stop();
      await proxy.close();
    }
  }, 30_000);

  it('keeps its tables in a schema of its own, which the role of the service cannot read', async () => {
    const database = await createTestDatabase();
    const queue = new PgBossQueue({ url: database.url, works: false });
    try {
      await queue.start();
      const [row] = await onDatabase(database.url, 'select has_schema_privilege(\'segments_app\', \'pgboss\', \'usage\') as readable');
      expect(row).toEqual({ readable: false });
    } finally {
      await queue.stop();
      await database.drop();
    }
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
