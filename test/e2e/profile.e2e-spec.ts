import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { recount } from '../support/tally.js';

interface Value { value: string; members: number; memberShare: number; contacts: number; contactShare: number; lift: number; liftInterval: { low: number; high: number } | null; pValue: number; qValue: number; significant: boolean }
interface Profile { members: number; contacts: number; sampled: { members: number; others: number } | null; tested: number; fields: { field: string; values: Value[] }[] }

describe('The profile of a segment', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-03-10T12:00:00Z');
    tenant = await service.tenant();
  });

  const post = async <Body>(path: string, body: object): Promise<Body> => {
    const answer = await tenant.request<Body>('POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const list = async (emails: readonly string[]): Promise<string> => (await post<{ id: string }>('/segments', { name: 'list', type: 'static', emails })).id;
  const profile = async (id: string): Promise<Profile> => (await tenant.request<Profile>('GET', `/segments/${id}/profile`)).body;
  const counts = ({ fields }: Profile, field: string): Record<string, [number, number]> => Object.fromEntries(
    [...fields.find((one) => one.field === field)?.values ?? []].sort((a, b) => (a.value < b.value ? -1 : 1)).map(({ value, members, contacts }) => [value, [members, contacts]]));

  it('counts each value of a field and of a list, whoever has none, and what members did', async () => {
    await post('/custom-fields', { key: 'plan', label: 'Plan', type: 'select', options: ['pro', 'free'] });
    await post('/custom-fields', { key: 'interests', label: 'Interests', type: 'multi_select', options: ['art', 'law', 'sport'] });
    await post('/custom-fields', { key: 'vip', label: 'VIP', type: 'boolean' });
    await post('/contacts/batch', { contacts: [
      { email: 'ada@example.com', country: 'Chile', leadScore: -5, tags: ['a', 'b'], customFields: { plan: 'pro', interests: ['art', 'law'], vip: false } },
      { email: 'bob@example.com', country: 'Chile', leadScore: 9.5, tags: ['b', 'a'], customFields: { plan: 'pro', interests: ['law', 'sport'] } },
      { email: 'cleo@example.com', country: 'Peru', leadScore: 10, tags: ['a'], customFields: { plan: 'free', interests: ['art', 'law'], vip: true } },
      { email: 'dan@example.com' },
    ] });
    await post('/events/batch', { events: [
      { id: 'a', type: 'opened', email: 'ada@example.com', occurredAt: '2026-03-01T12:00:00Z', device: 'mobile' },
      { id: 'b', type: 'opened', email: 'bob@example.com', occurredAt: '2026-01-01T12:00:00Z', device: 'desktop' },
      { id: 'c', type: 'converted', email: 'cleo@example.com', occurredAt: '2026-01-01T12:00:00Z' },
    ] });
    const said = await profile(await list(['ada@example.com', 'cleo@example.com']));
    expect(said).toMatchObject({ members: 2, contacts: 4, sampled: null });
    expect(counts(said, 'country')).toEqual({ Chile: [1, 2], Peru: [1, 1] });
    expect(counts(said, 'leadScore')).toEqual({ '-10 to under 0': [1, 1], '0 to under 10': [0, 1], '10 to under 20': [1, 1] });
    expect(counts(said, 'tags')).toEqual({ a: [2, 3], b: [1, 2] });
    expect(counts(said, 'customField.plan')).toEqual({ free: [1, 1], pro: [1, 2] });
    expect(counts(said, 'customField.interests')).toEqual({ art: [2, 2], law: [2, 3], sport: [0, 1] });
    expect(counts(said, 'customField.vip')).toEqual({ false: [1, 1], true: [1, 1] });
    expect(counts(said, 'lastOpenedDevice')).toEqual({ desktop: [0, 1], mobile: [1, 1] });
    expect(counts(said, 'openedLast30Days')).toEqual({ false: [1, 3], true: [1, 1] });
    expect(counts(said, 'convertedLast90Days')).toEqual({ false: [1, 3], true: [1, 1] });
    expect(said.fields.reduce((sum, { values }) => sum + values.length, 0)).toBe(said.tested);
    // Nobody in it, and everybody.
    const nobody = await profile(await list([]));
    expect([nobody.members, counts(nobody, 'country')]).toEqual([0, { Chile: [0, 2], Peru: [0, 1] }]);
    const all = await profile(await list(['ada', 'bob', 'cleo', 'dan'].map((name) => `${name}@example.com`)));
    expect(all.fields.flatMap(({ values }) => values).every(({ lift, liftInterval, pValue }) => lift === 1 && liftInterval === null && pValue === 1)).toBe(true);
  });

  it('calls significant what stays so after a correction for all that was looked at', async () => {
    // Of thirty members 9 have the tag, of thirty others 2; each of twenty cities is that of three contacts. All members come by "fair", a third of the others.
    await post('/contacts/batch', { contacts: Array.from({ length: 60 }, (_, n) => ({
      email: `p${n}@example.com`, city: `city ${n % 20}`, tags: n < 9 || (n >= 30 && n < 32) ? ['often'] : [], source: n < 40 ? 'fair' : 'web',
    })) });
    const said = await profile(await list(Array.from({ length: 30 }, (_, n) => `p${n}@example.com`)));
    const values = said.fields.flatMap(({ values: of }) => of);
    expect(values).toHaveLength(said.tested);
    // Benjamini and Hochberg, by their definition: the least p · m / k of this rank k and those above.
    const sorted = values.map(({ pValue }) => pValue).sort((a, b) => a - b);
    for (const { pValue, qValue, significant } of values) {
      const rank = sorted.indexOf(pValue);
      expect(qValue).toBeCloseTo(Math.min(1, ...sorted.slice(rank).map((p, at) => p * sorted.length / (rank + at + 1))), 12);
      expect(significant).toBe(qValue <= 0.05);
    }
    const of = (field: string, value: string): Value | undefined => said.fields.find((one) => one.field === field)?.values.find((one) => one.value === value);
    expect([(of('tags', 'often')?.pValue ?? 1) < 0.05, of('tags', 'often')?.significant, of('source', 'fair')?.significant]).toEqual([true, false, true]);
  });

  it('knows of no event before its time', async () => {
    await post('/contacts/batch', { contacts: ['ada', 'bob', 'cleo'].map((name) => ({ email: `${name}@example.com` })) });
    await post('/events/batch', { events: [
      { id: 'early', type: 'converted', email: 'ada@example.com', occurredAt: '2026-03-10T12:00:00.001Z' },
      { id: 'mail', type: 'sent', email: 'bob@example.com', occurredAt: '2026-03-01T12:00:00Z', campaignId: 'spring' },
      { id: 'read', type: 'opened', email: 'bob@example.com', occurredAt: '2026-03-01T13:00:00Z', campaignId: 'spring', device: 'mobile' },
      // The next mail, known before it goes out: until then the last one is that of spring, and it was opened.
      { id: 'next', type: 'sent', email: 'bob@example.com', occurredAt: '2026-03-11T12:00:00Z', campaignId: 'summer' },
      { id: 'again', type: 'opened', email: 'bob@example.com', occurredAt: '2026-03-12T12:00:00Z', campaignId: 'spring', device: 'desktop' },
    ] });
    const id = await list(['ada@example.com', 'bob@example.com']);
    const behaviours = async (): Promise<object[]> => {
      const said = await profile(id);
      return ['hasConverted', 'convertedLast90Days', 'openedLastEmail', 'openedLast30Days', 'lastOpenedDevice'].map((field) => counts(said, field));
    };
    expect(await behaviours()).toEqual([{ false: [2, 3] }, { false: [2, 3] }, { false: [1, 2], true: [1, 1] }, { false: [1, 2], true: [1, 1] }, { mobile: [1, 1] }]);
    await service.clock('2026-03-12T12:00:00Z');
    expect(await behaviours()).toEqual([
      { false: [1, 2], true: [1, 1] }, { false: [1, 2], true: [1, 1] }, { false: [2, 3] }, { false: [1, 2], true: [1, 1] }, { desktop: [1, 1] }]);
  });

  it('takes numbers and dates of custom fields between the quartiles of all contacts', async () => {
    for (const [key, type] of [['spent', 'number'], ['born', 'date'], ['seen', 'datetime'], ['same', 'number'], ['unused', 'number']]) await post('/custom-fields', { key, label: key, type });
    await post('/contacts/batch', { contacts: Array.from({ length: 9 }, (_, n) => ({
      email: `n${n}@example.com`,
      ...(n === 8 ? {} : { customFields: { spent: n === 0 ? -2.5 : n * 100, born: `${n === 0 ? '0990' : `200${n}`}-02-01`, seen: `2026-02-0${n + 1}T23:30:00+01:00`, same: 7 } }),
    })) });
    const said = await profile(await list(['n0@example.com', 'n7@example.com', 'n8@example.com']));
    expect(counts(said, 'customField.spent')).toEqual({ 'under 100': [1, 1], '100 to under 300': [0, 2], '300 to under 500': [0, 2], '500 and over': [1, 3] });
    expect(counts(said, 'customField.born')).toEqual({
      'before 2001-02-01': [1, 1], '2001-02-01 to before 2003-02-01': [0, 2], '2003-02-01 to before 2005-02-01': [0, 2], '2005-02-01 or later': [1, 3] });
    expect(counts(said, 'customField.seen')).toMatchObject({ 'before 2026-02-02': [1, 1], '2026-02-06 or later': [1, 3] });
    expect(counts(said, 'customField.same')).toEqual({ '7 and over': [2, 8] });
    expect(said.fields.map(({ field }) => field)).not.toContain('customField.unused');
  });

  it('looks at a part of more than 100,000 contacts, and at all members of a small segment', async () => {
    const owner = await service.owner();
    try {
      await owner.query('begin');
      await owner.query(`set local app.tenant_id = '${tenant.id}'`);
      // One in thirty is a member, and half of these are in Chile, as are a tenth of the others.
      await owner.query(`
        insert into contact (tenant_id, id, email, country, created_at, updated_at)
        select $1::uuid, md5(n::text)::uuid, n || '@example.com', case when n % 60 = 0 or (n % 30 <> 0 and n % 10 = 1) then 'Chile' else 'Peru' end, '2026-01-01', '2026-01-01'
        from generate_series(1, 120000) as n`, [tenant.id]);
      await recount(owner, tenant.id);
      const id = await list([]);
      await owner.query(`
        insert into segment_member (tenant_id, segment_id, contact_id, since)
        select $1::uuid, $2::uuid, md5(n::text)::uuid, '2026-01-01' from generate_series(30, 120000, 30) as n`, [tenant.id, id]);
      // Nobody who is looked at for the quartiles has a seat, but members have.
      const { id: seat } = await post<{ id: string }>('/custom-fields', { key: 'seats', label: 'Seats', type: 'number' });
      await owner.query('update contact set custom = jsonb_build_object($2::text, 7) where tenant_id = $1::uuid and bucket > 900', [tenant.id, seat]);
      await owner.query('commit');
      await owner.query('analyze contact, segment_member');
      const said = await profile(id);
      expect(said).toMatchObject({ members: 4000, contacts: 120_000, sampled: { members: 4000 } });
      const others = said.sampled?.others ?? 0;
      expect([others > 94_000, others < 99_000]).toEqual([true, true]);
      const chile = said.fields.find(({ field }) => field === 'country')?.values.find(({ value }) => value === 'Chile');
      expect(chile).toMatchObject({ members: 2000, memberShare: 0.5, significant: true });
      // 2,000 members and 12,000 others; of whom a sixth was not looked at.
      expect(Math.abs((chile?.contacts ?? 0) - 14_000)).toBeLessThan(300);
      expect(Math.abs((chile?.lift ?? 0) - 0.5 * 120 / 14)).toBeLessThan(0.1);
      expect([(chile?.liftInterval?.low ?? 9) < 0.5 * 120 / 14, (chile?.liftInterval?.high ?? 0) > 0.5 * 120 / 14]).toEqual([true, true]);
      expect(said.fields.map(({ field }) => field)).not.toContain('customField.seats');
      expect(await profile(id)).toEqual(said);
    } finally {
      await owner.end();
    }
  });
});
