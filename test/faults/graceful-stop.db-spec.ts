import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { Database } from '#database';
import { readConfig } from '../../src/config.js';
import { type Service, startService } from '../../src/service.js';
import { type Faults, faultsOf, unreleased, withStatements } from '../support/broken-build.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Gate, makeGate } from '../support/gate.js';
import { until } from '../support/queue-contract.js';
import { faultsBudget as budget } from '../support/runs.js';
import { adminKey, startTestService, type TestService } from '../support/service.js';
import { checkSettled } from '../support/settled.js';
import { waitingForLocks } from '../support/statements.js';

const inCountry = (value: string): object => ({ match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value }] }] });

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
    const { body: { id } } = await send(stopping, 'POST', '/segments', { name: 'France', type: 'dynamic', rules: inCountry('France') });
    const segment = async (service: Service): Promise<Answer['body']> => (await send(service, 'GET', `/segments/${id}`)).body;
    await until(async () => await segment(stopping), ({ freshness }) => freshness === 'fresh');
    // The refresh cannot write the member for some seconds, and somebody waits for it.
    await owner.query('begin');
    await owner.query('lock table segment_member in exclusive mode');
    await send(stopping, 'POST', '/contacts/batch', { contacts: [{ email: 'b@example.com', country: 'France' }] });
    const sent = [send(stopping, 'POST', `/segments/${id}/refresh`, { waitSeconds: 20 }), ...Array.from({ length: 20 }, async (_, n) =>
      await send(stopping, 'POST', '/contacts/batch', { contacts: Array.from({ length: 200 }, (__, m) => ({ email: `n${n}-${m}@example.com`, country: 'Chad' })) }))]
      .map(async (answer) => await answer.catch(cut));
    await until(async () => await waitingForLocks(owner), (count) => count > 0);
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

/** It ends the one under way, however long it takes; the other is not noticed as that of a worker that died. */
describe('A worker that is stopped between two fills', () => {
  let service: TestService;
  let owner: pg.Client;
  let gate: Gate;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api', CLOCK: 'system' });
    owner = await service.owner();
    gate = await makeGate(owner);
  }, 60_000);
  afterAll(async () => { await service.stop(); }, 60_000);
  afterEach(() => { jest.restoreAllMocks(); });

  const startWorker = async (): Promise<Service> => await startService(readConfig({ DATABASE_URL: service.databaseUrl, ROLE: 'worker', LOG_LEVEL: 'silent' }), () => undefined);

  /** Resolves when a stop that waits a second for its fill, and not 25, waits no longer and ends its connections. */
  const hearOfEnd = (): Promise<void> => {
    const { stop } = PgBoss.prototype;
    jest.spyOn(PgBoss.prototype, 'stop').mockImplementation(async function soon(this: PgBoss, options) { await stop.call(this, { ...options, timeout: 1000 }); });
    const { promise, resolve } = Promise.withResolvers<void>();
    const { close } = Database.prototype;
    jest.spyOn(Database.prototype, 'close').mockImplementationOnce(async function heard(this: Database) {
      resolve();
      await close.call(this);
    });
    return promise;
  };

  const stopBetweenFills = async (): Promise<Faults> => await faultsOf(async () => {
    const tenant = await service.tenant();
    const refreshes = async (): Promise<string[]> =>
      (await owner.query<{ status: string }>('select status from segment_refresh where tenant_id = $1 order by status', [tenant.id])).rows.map(({ status }) => status);
    await tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 20 }, (_, n) => ({ email: `p${n}@example.com`, country: n % 2 === 0 ? 'France' : 'Chad' })) });
    const made: string[] = [];
    for (const country of ['France', 'Chad']) made.push((await tenant.request<{ id: string }>('POST', '/segments', { name: country, type: 'dynamic', rules: inCountry(country) })).body.id);
    await gate.shut();
    const stopping = await startWorker();
    await until(gate.waiting, (count) => count > 0);
    const begun = await refreshes();
    const ending = hearOfEnd();
    const stopped = stopping.stop();
    await ending;
    await gate.open();
    await stopped;
    // Nobody else is there: what waits now, the one that stopped has handed back.
    const left = await refreshes();
    const next = await startWorker();
    try {
      await until(async () => await Promise.all(made.map(async (id) => (await tenant.request<{ freshness: string }>('GET', `/segments/${id}`)).body.freshness)),
        (all) => all.every((freshness) => freshness === 'fresh'), 30_000);
      expect({ begun, left, done: await refreshes() }).toEqual({ begun: ['running', 'running'], left: ['queued', 'succeeded'], done: ['succeeded', 'succeeded'] });
      await checkSettled(tenant, made);
    } finally {
      await next.stop();
    }
  });

  it('ends the one that is under way and hands back the other, which whoever comes next succeeds with', async () => {
    expect(await stopBetweenFills()).toEqual([]);
    process.stdout.write('runs: 1 worker stopped between two fills\n');
  }, 60_000);

  it('would leave the other as that of a worker who died in a build that hands nothing back', async () => {
    expect(await withStatements(unreleased, stopBetweenFills)).toEqual([expect.stringContaining('"failed"')]);
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
