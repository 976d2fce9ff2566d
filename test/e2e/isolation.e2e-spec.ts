import { IsolationWalk, withoutPlaces } from '../support/isolation-walk.js';

describe('Tenants do not see each other', () => {
  let walk: IsolationWalk;

  beforeAll(async () => { walk = await IsolationWalk.prepare(); });
  afterAll(async () => { await walk.service.stop(); });

  it('knows how to probe every route', () => {
    expect(walk.operations.length).toBeGreaterThan(50);
    const silent = walk.ofTenants.filter((operation) => walk.probesFor(operation).length === 0).map(({ id }) => id);
    expect(silent.sort()).toEqual([...withoutPlaces].sort());
    expect(walk.operations.filter(({ body, example }) => body !== null && example === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('answers another tenant\'s id as one that nobody has, shows nothing of it and changes nothing', async () => {
    const { probes, ...found } = await walk.all();
    expect(found).toEqual({ faults: [], written: [] });
    expect(probes).toBeGreaterThan(150);
    process.stdout.write(`runs: isolation ${probes} probes\n`);
  }, 120_000);

  it('shows no mark of another tenant in any answer of its own', async () => {
    expect(await walk.sweep(walk.own)).toEqual([]);
    const { text } = await walk.hear(walk.own, 'GET', { path: '/metrics', body: undefined });
    expect([walk.own, walk.other].filter(({ mark, tenant }) => text.includes(mark) || text.includes(tenant.id))).toEqual([]);
  });

  it('would see the marks, and finds each object with its owner\'s key', async () => {
    const { other } = walk;
    expect(await walk.sweep(other)).toEqual(expect.arrayContaining(
      ['getContact', 'listContacts', 'getSegment', 'listSegments', 'listContactEvents', 'listCampaigns', 'getRulesCatalog']));
    const reads = walk.ofTenants.filter(({ method, pathParameters, query }) => method === 'GET' && pathParameters.length === 1 && !query.some(({ required }) => required));
    for (const { operation, foreign } of reads.flatMap((read) => walk.probesFor(read)).filter(({ place }) => place.in === 'path')) {
      const { status } = await walk.hear(other, operation.method, foreign.sent);
      expect({ id: operation.id, status }).toMatchObject({ status: 200 });
    }
  });
});
