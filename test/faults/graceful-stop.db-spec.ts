import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { readConfig } from '../../src/config.js';
import { type Service, startService } from '../../src/service.js';
import { faultsOf } from '../support/broken-build.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget as budget } from '../support/runs.js';
import { adminKey } from '../support/service.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };

interface Answer { status: number | 'refused' | 'cut'; type: string | null; body: { id?: string; apiKey?: string; status?: string; freshness?: string; contactCount?: number } }

/** Several processes, as far as the database can tell: one is stopped, another goes on. */
describe('A service that is stopped under load', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let apiKey = adminKey;
  let running: Service | undefined;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.query('rollback');
    // A second time it does nothing.
    await running?.stop();
    await owner.end();
    await database.drop();
  });

  const start = async (): Promise<Service> => await startService(readConfig({
    DATABASE_URL: database.url, PORT: '0', ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'silent',
  }), () => undefined);
  const send = async ({ url }: Service, method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, type: answer.headers.get('content-type'), body: JSON.parse(await answer.text()) as Answer['body'] };
  };

  /** Stops one of a build, by whatever it does for it, under 20 requests and a refresh, while others come; another goes on. How many were answered, and how many refused. */
  const stopUnderLoad = async (stop: (service: Service) => Promise<void>): Promise<{ answered: number; refused: number }> => {
    const stopping = await start();
    running = stopping;
    apiKey = adminKey;
    const { body: tenant } = await send(stopping, 'POST', '/admin/tenants', { name: 'Acme' });
    apiKey = tenant.apiKey!;
    await send(stopping, 'POST', '/contacts/batch', { contacts: [{ email: 'a@example.com', country: 'France' }, { email: 'b@example.com', country: 'Chad' }] });
    const { body: { id } } = await send(stopping, 'POST', '/segments', { name: 'France', type: 'dynamic', rules });
    const segment = async (service: Service): Promise<Answer['body']> => (await send(service, 'GET', `/segments/${id}`)).body;
    await until(async () => await segment(stopping), ({ freshness }) => freshness === 'fresh');
    // The refresh cannot write the member for some seconds, and somebody waits for it.
    await owner.query('begin');
    await owner.query('lock table segment_member in exclusive mode');
    await send(stopping, 'POST', '/contacts/batch', { contacts: [{ email: 'b@example.com', country: 'France' }] });
    const sent = [send(stopping, 'POST', `/segments/${id}/refresh`, { waitSeconds: 20 }), ...Array.from({ length: 20 }, async (_, n) =>
      await send(stopping, 'POST', '/contacts/batch', { contacts: Array.from({ length: 200 }, (__, m) => ({ email: `n${n}-${m}@example.com`, country: 'Chad' })) }))]
      .map(async (answer) => await answer.catch(cut));
    await until(async () => (await owner.query('select 1 from pg_locks where not granted')).rowCount, (count) => count !== 0);
    // A connection that brings nothing is waited for as little as one that brings nothing more.
    const silent = connect(Number(new URL(stopping.url ?? '').port), new URL(stopping.url ?? '').hostname);
    silent.on('error', () => undefined);
    await new Promise((resolve) => { silent.once('connect', resolve); });
    const stopped = stop(stopping);
    // Who comes while it stops: on a connection that is open, or by a new one.
    for (let late = 0; late < 10; late += 1) {
      sent.push(send(stopping, 'GET', '/segments').catch(refusedOnly));
      await after(50);
    }
    await after(1000);
    await owner.query('commit');
    const answers = await Promise.all(sent);
    const drained = performance.now();
    await stopped;
    const released = performance.now();
    for (const { status, type } of answers) {
      if (status === 503) expect(type).toBe('application/problem+json; charset=utf-8');
      else if (status !== 'refused') expect(status).toBe(200);
    }
    // Connections that clients keep open hold nothing up.
    expect(released - drained).toBeLessThan(10_000);
    const next = await start();
    try {
      expect(await until(async () => await segment(next), ({ freshness }) => freshness === 'fresh', 5000)).toMatchObject({ contactCount: 2 });
      expect(performance.now() - released).toBeLessThan(8000);
      expect((await owner.query('select 1 from contact where tenant_id = $1 and email like \'n%\'', [tenant.id])).rowCount).toBe(4000);
    } finally {
      await next.stop();
    }
    const answered = answers.filter(({ status }) => status === 200).length;
    return { answered, refused: answers.length - answered };
  };

  it('answers what is under way, refuses the rest or takes no more connections, cuts nothing, and hands its refresh on at once', async () => {
    const begun = performance.now();
    const total = { answered: 0, refused: 0 };
    let stops = 0;
    for (; stops === 0 || performance.now() - begun < budget; stops += 1) {
      const { answered, refused } = await stopUnderLoad(async (service) => { await service.stop(); });
      total.answered += answered;
      total.refused += refused;
    }
    process.stdout.write(`runs: ${stops} stops under load, ${total.answered} requests answered, ${total.refused} refused, none cut\n`);
  }, 300_000);

  it('would cut what is under way in a build that ends the connections first', async () => {
    const ending = async (service: Service): Promise<void> => {
      service.app.getHttpServer().closeAllConnections();
      await service.stop();
    };
    expect(await faultsOf(async () => await stopUnderLoad(ending))).toEqual([expect.stringContaining('"cut"')]);
  }, 60_000);
});

/** Of a request that the service had there is an answer, or somebody hung up. */
function cut(): Answer {
  return { status: 'cut', type: null, body: {} };
}

/** Nobody listens any more, or the idle connection it was sent on has just been closed: the service never had the request. */
function refusedOnly(error: unknown): Answer {
  const { cause } = error as { cause?: { code?: string } };
  return ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET'].includes(cause?.code ?? '') ? { status: 'refused', type: null, body: {} } : cut();
}
