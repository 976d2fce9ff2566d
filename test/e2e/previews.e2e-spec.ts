import type pg from 'pg';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { recount } from '../support/tally.js';

interface Preview {
  count: number;
  exact: boolean;
  confidenceInterval?: { low: number; high: number };
  sample: { id: string; country: string | null }[];
  breakdown?: { groups: Node[]; exclusions: Node[] };
}

interface Node { matches: number; decides: number; conditions?: Node[] }

const from = (country: string): object => ({ field: 'contact.country', operator: 'equals', value: country });
const all = (...conditions: object[]): object => ({ match: 'all', conditions });

describe('Previews', () => {
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock('2026-11-20T09:30:00Z');
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });

  const preview = async (tenant: TestTenant, body: object): Promise<Preview> => {
    const answer = await tenant.request<Preview>('POST', '/segments/preview', body);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body;
  };

  it('break a rule down into whom each condition is true for and whom it decides, and pins decide before', async () => {
    const tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [
      { email: 'a@example.com', country: 'Canada', tags: ['vip'] }, { email: 'b@example.com', country: 'Canada' },
      { email: 'c@example.com', country: 'Peru', tags: ['vip'] }, { email: 'd@example.com', country: 'Canada', tags: ['vip', 'left'] },
    ] });
    const tagged = (tag: string): object => ({ field: 'contact.tags', operator: 'contains_any', value: [tag] });
    const rules = { match: 'all', groups: [all(from('Canada'), tagged('vip'))], exclusions: [all(tagged('left'))] };
    const plain = await preview(tenant, { rules, breakdown: true });
    expect(plain).toMatchObject({ count: 1, exact: true });
    expect(plain.breakdown).toEqual({
      groups: [{ match: 'all', matches: 2, decides: 3, conditions: [{ ...from('Canada'), matches: 3, decides: 2 }, { ...tagged('vip'), matches: 3, decides: 2 }] }],
      exclusions: [{ match: 'all', matches: 1, decides: 2, conditions: [{ ...tagged('left'), matches: 1, decides: 2 }] }],
    });
    const { body: segment } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'Canadians', type: 'dynamic', rules });
    await tenant.request('PUT', `/segments/${segment.id}/overrides`, { overrides: [{ email: 'b@example.com', pin: 'in' }] });
    const pinned = await preview(tenant, { rules, breakdown: true, segmentId: segment.id });
    expect(pinned.count).toBe(2);
    expect(pinned.breakdown?.groups[0]).toMatchObject({ matches: 2, decides: 2 });
    expect((await preview(tenant, { rules: { match: 'all', groups: [] }, breakdown: true })).breakdown).toEqual({ groups: [], exclusions: [] });
  });

  it('take as many conditions as rules may reach, and break down as many nodes as a SELECT has columns for', async () => {
    const tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'a@example.com' }, { email: 'b@example.com' }] });
    await tenant.request('POST', '/events/batch', { events: [{ id: 'e1', type: 'clicked', email: 'a@example.com', occurredAt: '2026-11-19T00:00:00Z', url: '/8/199' }] });
    const clicked = (url: string): object => ({ event: 'clicked', where: [{ property: 'url', operator: 'equals', value: url }] });
    const ids = await Promise.all(Array.from({ length: 9 }, async (_, segment) => (await tenant.request<{ id: string }>('POST', '/segments', {
      name: `Of 200 pages ${segment}`, type: 'dynamic', rules: { match: 'all', groups: [{ match: 'any', conditions: Array.from({ length: 200 }, (_page, page) => clicked(`/${segment}/${page}`)) }] },
    })).body.id));
    const reached = { match: 'all', groups: [{ match: 'any', conditions: ids.map((segment) => ({ segment, operator: 'in' })) }] };
    expect((await preview(tenant, { rules: reached, exact: true })).count).toBe(1);
    const empty = (groups: number): object => ({ rules: { match: 'any', groups: Array.from({ length: groups }, () => all()) }, breakdown: true });
    expect((await preview(tenant, empty(500))).breakdown?.groups.at(-1)).toMatchObject({ matches: 2, decides: 0 });
    expect(await tenant.request('POST', '/segments/preview', empty(501))).toMatchObject({ status: 422, body: { errors: [{ path: '/breakdown', code: 'limit_exceeded' }] } });
  });

  it('with more values than a statement of the database takes are refused as that, and a segment of such rules fails with that reason', async () => {
    const tenant = await service.tenant();
    const filters = (count: number): object => ({ match: 'all', groups: [all({ event: 'clicked', whereMatch: 'any', where: Array.from({ length: count }, (_, n) => ({ property: 'url', operator: 'equals', value: `/${n}` })) })] });
    expect(await tenant.request('POST', '/segments/preview', { rules: filters(66_000) })).toMatchObject({ status: 422, body: { type: '/problems/too-complex' } });
    expect((await preview(tenant, { rules: filters(100) })).count).toBe(0);
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'Too much', type: 'dynamic', rules: filters(66_000) });
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    expect((await tenant.request('GET', `/segments/${id}`)).body).toMatchObject({ freshness: 'failed', refreshError: expect.stringContaining('more than one statement') });
  });

  it('count a tenant of 100,000 contacts, and estimate a larger one unless an exact count is asked for', async () => {
    const tenant = await service.tenant();
    // A third is in Canada; one in a thousand is in Peru. The ids, and with them the sample, are always the same: of a hundred others the interval would miss the truth in five.
    const add = async (first: number, last: number): Promise<void> => {
      await owner.query('begin');
      await owner.query(`set local app.tenant_id = '${tenant.id}'`);
      await owner.query(`
        insert into contact (tenant_id, id, email, country, created_at, updated_at)
        select $1::uuid, md5(n::text)::uuid, n || '@example.com', case when n % 1000 = 1 then 'Peru' when n % 3 = 0 then 'Canada' else 'Chile' end, '2026-01-01', '2026-01-01'
        from generate_series($2::int, $3::int) as n`, [tenant.id, first, last]);
      await recount(owner, tenant.id);
      await owner.query('commit');
    };
    await add(1, 100_000);
    await owner.query('analyze contact');
    const canadians = { rules: { match: 'all', groups: [all(from('Canada'))] } };
    expect(await preview(tenant, canadians)).toMatchObject({ count: 33_300, exact: true });
    await add(100_001, 120_000);
    const exact = await preview(tenant, { ...canadians, exact: true });
    expect(exact).toMatchObject({ count: 39_960, exact: true });
    expect(exact.confidenceInterval).toBeUndefined();

    const estimated = await preview(tenant, { ...canadians, sampleLimit: 1000 });
    expect(estimated.exact).toBe(false);
    const { low, high } = estimated.confidenceInterval!;
    expect([low <= 39_960, 39_960 <= high, low <= estimated.count, estimated.count <= high, high - low < 2000]).toEqual([true, true, true, true, true]);
    expect(estimated.sample).toHaveLength(1000);
    expect(estimated.sample.every(({ country }) => country === 'Canada')).toBe(true);
    const ids = estimated.sample.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(await preview(tenant, { ...canadians, sampleLimit: 1000 })).toMatchObject({ count: estimated.count, sample: estimated.sample });

    // What the sample holds too few of is counted, and so is what is asked for beside the count.
    expect(await preview(tenant, { rules: { match: 'all', groups: [all(from('Peru'))] } })).toMatchObject({ count: 120, exact: true });
    expect(await preview(tenant, { ...canadians, breakdown: true })).toMatchObject({ count: 39_960, exact: true });

    // The few events of a campaign are read sooner than all of the sample.
    await tenant.request('POST', '/campaigns', { name: 'Launch', externalId: 'launch' });
    await owner.query('begin');
    await owner.query(`set local app.tenant_id = '${tenant.id}'`);
    await owner.query(`
      insert into contact_event (tenant_id, id, contact_id, type, campaign_id, occurred_at, received_at)
      select $1::uuid, n::text, md5(n::text)::uuid, 'clicked', 'launch', '2026-01-02', '2026-01-02' from generate_series(40, 120000, 40) as n`, [tenant.id]);
    await owner.query('commit');
    await owner.query('analyze contact_event');
    const clicked = { match: 'all', groups: [{ match: 'all', conditions: [{ event: 'clicked', where: [{ property: 'campaign.id', operator: 'equals', value: 'launch' }] }] }] };
    expect(await preview(tenant, { rules: clicked })).toMatchObject({ count: 3000, exact: true });
  }, 120_000);

  it('whose clients go away end in the database within two seconds, those that wait for a connection as well', async () => {
    const tenant = await service.tenant();
    // Not the one that holds the lock: within a transaction the statistics of the first look stay.
    const watcher = await service.owner();
    const working = async (): Promise<number> => {
      const { rows } = await watcher.query<{ count: number }>(`select count(*)::int as count from pg_stat_activity
        where datname = current_database() and application_name = 'contact-segments' and state <> 'idle'`);
      return rows[0]!.count;
    };
    const until = async (wanted: (count: number) => boolean): Promise<number> => {
      for (let tries = 0; tries < 40; tries += 1) {
        if (wanted(await working())) break;
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
      return await working();
    };
    await owner.query('begin');
    await owner.query('lock table contact in access exclusive mode');
    const leaving = new AbortController();
    const rules = { match: 'all', groups: [all(from('Canada'))] };
    const sent = Array.from({ length: 15 }, async () => await fetch(`${service.url}/api/v1/segments/preview`, {
      method: 'POST', body: JSON.stringify({ rules }), signal: leaving.signal,
      headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' },
    }).then(() => 'answered', () => 'gone'));
    try {
      // A tenant has three connections for them; the others wait for their turn.
      expect(await until((count) => count >= 3)).toBeGreaterThanOrEqual(3);
      leaving.abort();
      expect(await until((count) => count === 0)).toBe(0);
      expect(new Set(await Promise.all(sent))).toEqual(new Set(['gone']));
    } finally {
      leaving.abort();
      await owner.query('rollback');
      await watcher.end();
    }
    // The connections are whole.
    const answers = await Promise.all(Array.from({ length: 15 }, async () => await preview(tenant, { rules })));
    expect(answers.map(({ count }) => count)).toEqual(Array.from({ length: 15 }, () => 0));
  });
});
