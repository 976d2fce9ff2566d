import { createHash } from 'node:crypto';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Interval { low: number; high: number }
interface Experiment { id: string; status: string; startedAt: string | null; stoppedAt: string | null; requiredPerArm: number }
interface Comparison { metric: string; arm: string; effect: number; pValue: number; adjustedPValue: number; interval: Interval; bootstrap: Interval | null; cuped: { effect: number; varianceReduction: number } | null; sequential: object | null }
interface Results {
  asOf: string; verdict: { status: string; reason: string; remainingPerArm: number }; warnings: string[];
  arms: { name: string; contacts: number; metrics: { metric: string; contacts: number; value: number }[] }[];
  comparisons: Comparison[]; sampleRatio: { p: number; mismatch: boolean } | null; overlap: { contacts: number };
}

const start = '2026-05-01T12:00:00.000Z';
const plan = { name: 'Subjects', hypothesis: 'A name in the subject helps.', metric: 'conversion', baseline: 0.2, minimumEffect: 0.1, arms: [{ name: 'A' }, { name: 'B' }] };

describe('An experiment', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  beforeEach(async () => {
    await service.clock(start);
    tenant = await service.tenant();
  });
  afterAll(async () => { await service.stop(); });

  const done = async <Body = Record<string, never>>(method: string, path: string, body?: object, status = 200): Promise<Body> => {
    const answer = await tenant.request<Body & { failed?: unknown[] }>(method, path, body);
    expect([answer.status, answer.body.failed ?? [], answer.status === status ? null : answer.body]).toEqual([status, [], null]);
    return answer.body;
  };
  const contacts = async (n: number): Promise<{ id: string; email: string }[]> => {
    const emails = Array.from({ length: n }, (_, at) => `c${at}@example.com`);
    await done('POST', '/contacts/batch', { contacts: emails.map((email) => ({ email })) });
    const found: { id: string; email: string }[] = [];
    for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
      const page: { items: { id: string; email: string }[]; nextCursor: string | null } = await done('GET', `/contacts?limit=200${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    return found;
  };
  const list = async (name: string, emails: readonly string[]): Promise<string> => (await done<{ id: string }>('POST', '/segments', { name, type: 'static', emails }, 201)).id;
  const experiment = async (body: object): Promise<string> => (await done<Experiment>('POST', '/experiments', { ...plan, ...body }, 201)).id;
  const results = async (id: string): Promise<Results> => await done<Results>('GET', `/experiments/${id}/results`);
  let events = 0;
  const happened = async (rows: { email: string; type?: string; at?: string; revenue?: number; campaignId?: string }[]): Promise<void> => {
    await done('POST', '/events/batch', { events: rows.map(({ email, type = 'converted', at = '2026-05-02T12:00:00Z', ...rest }) => {
      events += 1;
      return { id: `e${events}`, type, email, occurredAt: at, ...rest };
    }) });
  };
  const placeOf = (experimentId: string, contactId: string): number => (
    100 * createHash('md5').update(`${experimentId}:${contactId}`).digest().readUInt32BE() / 2 ** 32);

  it('puts contacts into arms by the place that the rule condition random gives them', async () => {
    const people = await contacts(300);
    const id = await experiment({ arms: [{ name: 'A', share: 2 }, { name: 'B', share: 1 }, { name: 'none', share: 1, holdout: true }] });
    expect((await done<Experiment>('POST', `/experiments/${id}/start`)).status).toBe('running');
    const expected = [0, 0, 0];
    for (const { id: contact } of people) {
      const place = placeOf(id, contact);
      expected[place < 50 ? 0 : place < 75 ? 1 : 2]! += 1;
    }
    const found = await results(id);
    expect(found.arms.map((arm) => arm.contacts)).toEqual(expected);
    expect(found.sampleRatio).toMatchObject({ mismatch: false });
  });

  it('starts once: contacts that come later, raced starts and a moved clock change nothing', async () => {
    await contacts(40);
    const id = await experiment({});
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await done<Experiment>('POST', `/experiments/${id}/start`)));
    expect(new Set(answers.map(({ startedAt }) => startedAt))).toEqual(new Set([start]));
    const before = (await results(id)).arms;
    await done('POST', '/contacts', { email: 'late@example.com' }, 201);
    await service.clock('2026-05-03T00:00:00.000Z');
    expect(await done<Experiment>('POST', `/experiments/${id}/start`)).toEqual(answers[0]);
    expect((await results(id)).arms).toEqual(before);
  });

  it('counts from the start to the stop, both included, each contact once', async () => {
    const emails = (await contacts(20)).map(({ email }) => email);
    const [a, b] = [await list('A', emails.slice(0, 10)), await list('B', emails.slice(10))];
    const id = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: a }, { name: 'B', segmentId: b }], secondaryMetrics: ['revenue'] });
    await done('POST', `/experiments/${id}/start`);
    const at = (email: string, moment: string) => ({ email, at: moment, revenue: 10 });
    await happened([
      at(emails[0]!, start), at(emails[0]!, '2026-05-02T00:00:00Z'), at(emails[1]!, '2026-05-01T11:59:59.999Z'), at(emails[2]!, '2026-05-04T12:00:00Z'),
      at(emails[3]!, '2026-05-04T12:00:00.001Z'), at(emails[10]!, '2026-05-02T00:00:00Z'),
    ]);
    await service.clock('2026-05-04T12:00:00.000Z');
    const stopped = await done<Experiment>('POST', `/experiments/${id}/stop`);
    await service.clock('2026-05-09T00:00:00.000Z');
    expect(await done('POST', `/experiments/${id}/stop`)).toEqual(stopped);
    const found = await results(id);
    expect(found.asOf).toBe('2026-05-04T12:00:00.000Z');
    expect(found.arms.map(({ metrics }) => metrics.map(({ contacts: n, value }) => [n, value]))).toEqual([[[2, 0.2], [2, 3]], [[1, 0.1], [1, 1]]]);
    expect(found.comparisons[0]).toMatchObject({ metric: 'conversion', arm: 'B', effect: expect.closeTo(-0.1, 12), sequential: null });
    expect(found.verdict).toMatchObject({ status: 'inconclusive', remainingPerArm: 284 });
    expect((await tenant.request('POST', `/experiments/${id}/start`)).status).toBe(409);
  });

  it('compares who is in several arms in none of them, and warns of it', async () => {
    const emails = (await contacts(30)).map(({ email }) => email);
    const [a, b] = [await list('A', emails.slice(0, 18)), await list('B', emails.slice(12))];
    const id = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: a }, { name: 'B', segmentId: b }] });
    await done('POST', `/experiments/${id}/start`);
    const found = await results(id);
    expect(found).toMatchObject({ overlap: { contacts: 6, share: 0.2 }, sampleRatio: null });
    expect(found.arms.map((arm) => arm.contacts)).toEqual([12, 12]);
    expect(found.warnings).toContain('6 contacts are in several arms and are compared in none.');
  });

  it('alarms where the arms are not as large as their shares', async () => {
    const emails = (await contacts(200)).map(({ email }) => email);
    const [a, b] = [await list('A', emails.slice(0, 130)), await list('B', emails.slice(130))];
    const id = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: a, share: 1 }, { name: 'B', segmentId: b, share: 1 }] });
    await done('POST', `/experiments/${id}/start`);
    const found = await results(id);
    expect(found.sampleRatio).toMatchObject({ mismatch: true });
    expect(found.verdict.status).toBe('mismatch');
  });

  it('says not yet, and then that there is a difference, however often it is looked at', async () => {
    const emails = (await contacts(400)).map(({ email }) => email);
    const [a, b] = [await list('A', emails.slice(0, 200)), await list('B', emails.slice(200))];
    const id = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: a, share: 1 }, { name: 'B', segmentId: b, share: 1 }] });
    await done('POST', `/experiments/${id}/start`);
    await service.clock('2026-05-03T12:00:00.000Z');
    await happened([...emails.slice(0, 20), ...emails.slice(200, 230)].map((email) => ({ email })));
    expect((await results(id)).verdict).toMatchObject({ status: 'not-yet', remainingPerArm: 94 });
    await happened(emails.slice(230, 320).map((email) => ({ email })));
    expect((await results(id)).verdict).toMatchObject({ status: 'difference', reason: expect.stringContaining('"B"') });
  });

  it('takes away what the revenue of before explains where chance made the arms', async () => {
    const emails = (await contacts(120)).map(({ email }) => email);
    const id = await experiment({ metric: 'revenue', baseline: 10, minimumEffect: 2, standardDeviation: 10 });
    const early = { at: '2026-03-01T00:00:00Z' };
    await happened(emails.map((email, at) => ({ email, revenue: at % 17, ...early })));
    await done('POST', `/experiments/${id}/start`);
    await service.clock('2026-05-03T12:00:00.000Z');
    // That nobody has spent anything yet is no certainty that nobody will.
    expect((await results(id)).comparisons[0]).toMatchObject({ effect: 0, interval: null, bootstrap: null, cuped: null });
    await happened(emails.map((email, at) => ({ email, revenue: 2 * (at % 17) + at % 3 })));
    const [found] = (await results(id)).comparisons;
    expect(found?.cuped?.varianceReduction).toBeGreaterThan(0.95);
    expect(Math.abs(found?.cuped?.effect ?? 9)).toBeLessThan(1);
    expect((await results(id)).comparisons[0]).toEqual(found);
    expect(found?.bootstrap?.low).toBeLessThan(found?.effect ?? 0);
    expect(found?.bootstrap?.high).toBeGreaterThan(found?.effect ?? 0);
  });

  it('counts opens of each arm\'s own campaign, by id and external id', async () => {
    const emails = (await contacts(10)).map(({ email }) => email);
    const [one, two] = [await done<{ id: string }>('POST', '/campaigns', { name: 'One', externalId: 'one' }, 201), await done<{ id: string }>('POST', '/campaigns', { name: 'Two' }, 201)];
    const [a, b] = [await list('A', emails.slice(0, 5)), await list('B', emails.slice(5))];
    const id = await experiment({
      design: 'segments', metric: 'open', arms: [{ name: 'A', segmentId: a, campaignId: one.id }, { name: 'B', segmentId: b, campaignId: two.id }],
    });
    await done('POST', `/experiments/${id}/start`);
    await service.clock('2026-05-03T12:00:00.000Z');
    const opened = { type: 'opened' };
    await happened([
      { email: emails[0]!, campaignId: one.id, ...opened }, { email: emails[1]!, campaignId: 'one', ...opened }, { email: emails[2]!, campaignId: two.id, ...opened },
      { email: emails[5]!, campaignId: two.id, ...opened }, { email: emails[6]!, campaignId: 'one', ...opened },
    ]);
    expect((await results(id)).arms.map(({ metrics }) => metrics[0]?.contacts)).toEqual([2, 1]);
  });

  it('keeps the segments of a draft from being deleted, until it starts or is given up', async () => {
    const emails = (await contacts(4)).map(({ email }) => email);
    const [a, b, c] = [await list('A', emails.slice(0, 2)), await list('B', emails.slice(2)), await list('C', emails)];
    const started = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: a }, { name: 'B', segmentId: b }] });
    const given = await experiment({ segmentId: c });
    for (const id of [a, b, c]) expect((await tenant.request('DELETE', `/segments/${id}`)).status).toBe(409);
    await done('POST', `/experiments/${started}/start`);
    await done('POST', `/experiments/${given}/stop`);
    for (const id of [a, b, c]) expect((await tenant.request('DELETE', `/segments/${id}`)).status).toBe(204);
    expect((await results(started)).arms.map((arm) => arm.contacts)).toEqual([2, 2]);
    expect((await results(given)).verdict.status).toBe('not-started');
  });

  it('does not start where nobody is to be split or an arm\'s segment is empty, and can be tried again', async () => {
    const [split, empty] = [await experiment({}), await list('Nobody', [])];
    const refused = { status: 409, body: { type: '/problems/experiment-without-contacts' } };
    expect(await tenant.request('POST', `/experiments/${split}/start`)).toMatchObject(refused);
    await contacts(1);
    expect((await done<Experiment>('POST', `/experiments/${split}/start`)).status).toBe('running');
    expect((await results(split)).warnings).toEqual([expect.stringContaining('Nobody is in')]);
    const full = await list('Somebody', ['c0@example.com']);
    const segments = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: full }, { name: 'B', segmentId: empty }] });
    expect(await tenant.request('POST', `/experiments/${segments}/start`)).toMatchObject(refused);
    expect((await done<Experiment>('GET', `/experiments/${segments}`)).status).toBe('draft');
  });

  it('loses a person who is erased, and keeps one of two who are merged', async () => {
    const people = await contacts(6);
    const emails = people.map(({ email }) => email);
    const [a, b] = [await list('A', emails.slice(0, 3)), await list('B', emails.slice(3))];
    const id = await experiment({ design: 'segments', arms: [{ name: 'A', segmentId: a }, { name: 'B', segmentId: b }] });
    await done('POST', `/experiments/${id}/start`);
    const idOf = (email: string | undefined): string => people.find((one) => one.email === email)?.id ?? '';
    expect((await tenant.request('DELETE', `/contacts/${idOf(emails[0])}`)).status).toBeLessThan(300);
    await done('POST', `/contacts/${idOf(emails[1])}/merge`, { contactId: idOf(emails[3]) });
    await done('POST', `/contacts/${idOf(emails[4])}/merge`, { contactId: idOf(emails[5]) });
    const found = await results(id);
    expect([found.arms.map((arm) => arm.contacts), found.overlap.contacts]).toEqual([[1, 1], 1]);
  });

  it.each([
    [{ metric: 'revenue' }, '/standardDeviation'],
    [{ baseline: 0.95 }, '/minimumEffect'],
    [{ secondaryMetrics: ['conversion'] }, '/secondaryMetrics'],
    [{ arms: [{ name: 'A' }, { name: 'A' }] }, '/arms/1/name'],
    [{ arms: [{ name: 'A', share: 1 }, { name: 'B' }] }, '/arms'],
    [{ design: 'segments' }, '/arms/0/segmentId'],
    [{ metric: 'click', arms: [{ name: 'A' }, { name: 'B', holdout: true }] }, '/arms/1/holdout'],
    [{ segmentId: '00000000-0000-4000-8000-000000000000' }, '/segmentId'],
    [{ arms: [{ name: 'A' }, { name: 'B', campaignId: '00000000-0000-4000-8000-000000000000' }] }, '/arms/1/campaignId'],
  ])('%j is refused at its place', async (body, path) => {
    const answer = await tenant.request<{ errors: { path: string }[] }>('POST', '/experiments', { ...plan, ...body });
    expect([answer.status, answer.body.errors.map((fault) => fault.path)]).toEqual([422, expect.arrayContaining([path])]);
  });

  it('is told its size in advance', async () => {
    // Half and three quarters, at a power of 90 %: 76.7 by the manual of R's power.prop.test.
    expect(await done('POST', '/experiments/sample-size', { baseline: 0.5, minimumEffect: 0.25, power: 0.9 })).toMatchObject({ perArm: 77, total: 154 });
    expect(await done('POST', '/experiments/sample-size', { baseline: 10, minimumEffect: 0.5, standardDeviation: 1 })).toMatchObject({ perArm: 64 });
    expect((await tenant.request('POST', '/experiments/sample-size', { baseline: 2, minimumEffect: 1 })).status).toBe(422);
  });
});
