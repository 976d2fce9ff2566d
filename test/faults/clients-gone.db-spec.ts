import { setTimeout as after } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type pg from 'pg';
import { uses } from '#database';
import { Cancelling } from '../../libs/database/src/cancelling.js';
import { faultsBudget as budget } from '../support/runs.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { waitingForLocks } from '../support/statements.js';
import { publishedOperations } from '../support/tenant-world.js';
import { exportUnread, fillForExports } from '../support/unread-export.js';

/** By then the database works for nobody who has gone. */
const withinMs = 2000;
const everybody = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };
/** These may take long and are not given up: what they were to write stays, or their answer needs no statement over a set. */
const notEnded = ['freezeSegment', 'createImport', 'launchCampaign', 'startExperiment', 'ready'];
const tables = 'contact, contact_event, contact_engagement, segment_member';

type Sent = readonly [method: string, path: string, body?: unknown];

/** Test 34. Nobody here gets an answer: whatever reads contacts, events or members waits for the owner's lock. */
describe('A client that goes away', () => {
  let service: TestService;
  let tenant: TestTenant;
  let owner: pg.Client;
  // Not the one that holds the lock: within a transaction the statistics of the first look stay.
  let watcher: pg.Client;
  let ids: { list: string; rules: string; campaign: string; experiment: string };

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-05-01T12:00:00Z');
    tenant = await service.tenant();
    [owner, watcher] = [await service.owner(), await service.owner()];
    const made = async (path: string, body: object): Promise<string> => {
      const answer = await tenant.request<{ id: string }>('POST', path, body);
      expect(answer.status).toBe(201);
      return answer.body.id;
    };
    const emails = ['ada@example.com', 'grace@example.com'];
    await tenant.request('POST', '/contacts/batch', { contacts: emails.map((email) => ({ email, country: 'France' })) });
    const list = await made('/segments', { name: 'List', type: 'static', emails });
    const rules = await made('/segments', { name: 'Rules', type: 'dynamic', rules: everybody });
    const campaign = await made('/campaigns', { name: 'Spring' });
    expect((await tenant.request('PUT', `/campaigns/${campaign}/audience`, { include: [{ segmentId: rules }] })).status).toBe(200);
    const experiment = await made('/experiments', {
      name: 'Spring or nothing', hypothesis: 'It is read.', metric: 'conversion', baseline: 0.1, minimumEffect: 0.1, segmentId: list,
      arms: [{ name: 'Spring', campaignId: campaign }, { name: 'nothing', holdout: true }],
    });
    expect((await tenant.request('POST', `/experiments/${experiment}/start`)).status).toBe(200);
    ids = { list, rules, campaign, experiment };
  }, 60_000);
  afterAll(async () => {
    await service.stop();
  });
  beforeEach(async () => {
    await owner.query('begin');
    await owner.query(`lock table ${tables} in access exclusive mode`);
  });
  afterEach(async () => { await owner.query('rollback'); });

  /** Sessions that are at something, and connections that are kept. */
  const left = async (): Promise<number> => {
    const { rows: [row] } = await watcher.query<{ count: number }>(`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'contact-segments' and state <> 'idle'`);
    return uses.reduce((sum, use) => sum + service.service.database.connectionsKept(use), row!.count);
  };
  /** How many milliseconds it took until nothing was left and nothing came; what is left when the time is over. */
  const untilNothingIsLeft = async (): Promise<{ tookMs: number; left: number }> => {
    const begun = performance.now();
    for (let [quiet, last] = [0, begun]; ;) {
      const count = await left();
      quiet = count === 0 ? quiet + 1 : 0;
      if (quiet === 0) last = performance.now();
      if (quiet === 5) return { tookMs: last - begun, left: 0 };
      if (performance.now() - begun > withinMs) return { tookMs: withinMs, left: count };
      await after(20);
    }
  };
  const send = async ([method, path, body]: Sent, signal: AbortSignal): Promise<number | 'gone'> => await fetch(`${service.url}${path}`, {
    method, signal, headers: { authorization: `Bearer ${tenant.apiKey}`, ...(body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/csv' : 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }).then(async (answer) => { await answer.text(); return answer.status; }).catch(() => 'gone' as const);

  it('leaves no statement behind, whichever of the slow questions it asked', async () => {
    const { list, rules, campaign, experiment } = ids;
    const bodies: Record<string, unknown> = {
      previewSegment: { rules: everybody }, backtestRules: { rules: everybody, from: '2026-04-01T00:00:00Z', to: '2026-04-03T00:00:00Z', step: 'day' }, previewAudience: {},
      importDefinitions: { version: 1, segments: [{ key: 'rules', name: 'Rules', type: 'dynamic', rules: { ...everybody, match: 'any' } }] },
      previewImport: 'email\nada@example.com\n',
    };
    const queries: Record<string, string> = {
      overlapSegments: `?ids=${list},${rules}`, compareSegments: `?ids=${list},${rules}`, drawComparison: `?ids=${list},${rules}`, importDefinitions: '?dryRun=true',
    };
    const idIn: Record<string, string> = { campaigns: campaign, experiments: experiment, segments: list };
    const idOf: Record<string, string> = { forecastSegment: rules };
    // Whoever may be late says so: a new question is found by that.
    const slow = (await publishedOperations(service)).filter(({ id, object }) => object.responses['503'] !== undefined && !notEnded.includes(id));
    expect(slow.length).toBeGreaterThan(20);
    const found: Record<string, unknown> = {};
    for (const { id, method, path, collection } of slow) {
      const leaving = new AbortController();
      const answer = send([method, path.replace('{id}', idOf[id] ?? idIn[collection] ?? '') + (queries[id] ?? ''), bodies[id]], leaving.signal);
      await Promise.race([until(async () => await waitingForLocks(owner), (count) => count > 0), answer.then((status) => { throw new Error(`${id} waits for nothing: ${status}`); })]);
      leaving.abort();
      found[id] = [await answer, (await untilNothingIsLeft()).left];
    }
    expect(found).toEqual(Object.fromEntries(slow.map(({ id }) => [id, ['gone', 0]])));
    process.stdout.write(`runs: ${slow.length} questions left alone\n`);
  }, 120_000);

  it('would leave its statement behind in a build that ends none', async () => {
    const cancel = jest.spyOn(Cancelling.prototype, 'cancel').mockResolvedValue();
    const leaving = new AbortController();
    const answer = send(['POST', '/api/v1/segments/preview', { rules: everybody, exact: true }], leaving.signal);
    await until(async () => await waitingForLocks(owner), (count) => count > 0);
    leaving.abort();
    expect([await answer, (await untilNothingIsLeft()).left > 0]).toEqual(['gone', true]);
    await owner.query('rollback');
    await until(left, (count) => count === 0);
    cancel.mockRestore();
  }, 60_000);

  it('leaves no session and no turn behind, when 500 do so 50 ms after they asked', async () => {
    const requests: Sent[] = [
      ['POST', '/api/v1/segments/preview', { rules: everybody }], ['GET', '/api/v1/contacts/export'],
      ['POST', '/api/v1/segments/preview', { rules: everybody, exact: true }], ['GET', '/api/v1/events/export?format=ndjson'],
      ['POST', '/api/v1/segments/preview', { rules: everybody, segmentId: ids.rules }], ['GET', `/api/v1/segments/${ids.list}/export?format=xlsx`],
    ];
    const leave = async (n: number): Promise<number | 'gone'> => await send(requests[n % requests.length]!, AbortSignal.timeout(50));
    const begun = performance.now();
    let [asked, mostWaiting, slowest] = [0, 0, 0];
    // The same again in the long form, for as long as it has time.
    do {
      const sent: Promise<number | 'gone'>[] = [];
      // One after the other, as many as are there at a time: all at once, none would come as far as to the lock within its 50 ms.
      while (sent.length < 500) {
        sent.push(leave(sent.length));
        mostWaiting = Math.max(mostWaiting, await waitingForLocks(owner));
        await after(2);
      }
      expect(new Set(await Promise.all(sent))).toEqual(new Set(['gone']));
      asked += sent.length;
      const { tookMs, left: behind } = await untilNothingIsLeft();
      expect(behind).toBe(0);
      slowest = Math.max(slowest, tookMs);
    } while (budget > 12_000 && performance.now() - begun < budget);
    // Some had their connection, and waited for the lock.
    expect(mostWaiting).toBeGreaterThan(0);
    await owner.query('rollback');
    expect((await tenant.request('POST', '/segments/preview', { rules: everybody, exact: true })).body).toMatchObject({ count: 2 });
    expect((await tenant.request<string>('GET', '/contacts/export?fields=email')).body).toBe('email\r\nada@example.com\r\ngrace@example.com\r\n');
    process.stdout.write(`runs: ${asked} previews and exports left after 50 ms, up to ${mostWaiting} of them at a lock; nothing behind ${Math.round(slowest)} ms after the last\n`);
  }, budget * 2 + 60_000);

  it('gives back the connection of an export that it has read a part of', async () => {
    await owner.query('rollback');
    const own = await service.tenant('Large');
    await fillForExports(own);
    const exports = ['csv', 'xlsx'].map((format) => exportUnread(service, own, `/contacts/export?format=${format}`));
    expect(await exports[0]!.answered).toBe(200);
    await until(() => service.service.database.connectionsKept('export'), (kept) => kept === 2);
    for (const { leave } of exports) leave();
    expect((await untilNothingIsLeft()).left).toBe(0);
  }, 60_000);
});
