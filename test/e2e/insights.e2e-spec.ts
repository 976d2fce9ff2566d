import { newId } from '#kernel';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Size { asOf: string; size: number; entries: number; exits: number }
interface Forecast { asOf: string; size: number; items: (Size & { day: number; date: string })[] }
interface Overlap {
  segments: { id: string; name: string; size: number }[];
  pairs: { a: string; b: string; intersection: number; union: number; jaccard: number }[];
  regions?: { segmentIds: string[]; size: number }[];
}
interface Failed { status: number; errors: { path: string; code: string }[] }

const now = '2026-11-20T12:00:00Z';
const rules = (...conditions: object[]): object => ({ match: 'all', groups: [{ match: 'all', conditions }] });
const openedLately = { event: 'opened', window: { last: 3, unit: 'days' } };

describe('What segments will be and would have been', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock(now);
    tenant = await service.tenant();
    await tenant.request('POST', '/custom-fields', { key: 'trial_end', label: 'Trial end', type: 'date' });
    await tenant.request('POST', '/contacts/batch', { contacts: ['ada', 'bob', 'cy', 'di'].map((name, at) => ({
      email: `${name}@example.com`, country: at < 2 ? 'US' : 'CA', customFields: { trial_end: `2026-11-2${at + 2}` },
    })) });
    await tenant.request('POST', '/events/batch', { events: [
      { id: 'a', type: 'opened', email: 'ada@example.com', occurredAt: '2026-11-18T12:00:00Z' },
      { id: 'b', type: 'opened', email: 'bob@example.com', occurredAt: '2026-11-20T11:00:00Z' },
      { id: 'c', type: 'opened', email: 'cy@example.com', occurredAt: '2026-11-22T00:00:00Z' },
    ] });
  });

  const make = async (body: object): Promise<string> => {
    const made = await tenant.request<{ id: string }>('POST', '/segments', body);
    expect(made.status).toBe(201);
    return made.body.id;
  };
  const dynamic = async (name: string, definition: object): Promise<string> => await make({ name, type: 'dynamic', rules: definition });
  const list = async (name: string, ...names: string[]): Promise<string> =>
    await make({ name, type: 'static', emails: names.map((one) => `${one}@example.com`) });
  const forecast = async (id: string, days = 5): Promise<Forecast> => {
    const answer = await tenant.request<Forecast>('GET', `/segments/${id}/forecast?days=${days}`);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const previewed = async (segmentId: string, definition: object, asOf: string): Promise<number> =>
    (await tenant.request<{ count: number }>('POST', '/segments/preview', { rules: definition, segmentId, asOf, exact: true })).body.count;

  describe('A forecast', () => {
    it('counts each coming day what a preview at that moment counts, with the overrides that end and the segments that are named', async () => {
      const lately = await dynamic('Lately', rules(openedLately));
      await tenant.request('PUT', `/segments/${lately}/overrides`, { overrides: [{ email: 'di@example.com', pin: 'in', until: '2026-11-22T12:00:00Z' }] });
      const definition = rules({ segment: lately, operator: 'in' }, { field: 'customField.trial_end', operator: 'within_next', value: { amount: 4, unit: 'days' } });
      const id = await dynamic('Trial ends', definition);
      await tenant.request('PUT', `/segments/${id}/overrides`, { overrides: [{ email: 'bob@example.com', pin: 'out', until: '2026-11-21T12:00:00Z' }] });
      const said = await forecast(id);
      const counted = [said.size, ...said.items.map(({ size }) => size)];
      const expected = [];
      for (let day = 20; day <= 25; day += 1) expected.push(await previewed(id, definition, `2026-11-${day}T12:00:00Z`));
      expect(counted).toEqual(expected);
      expect(new Set(counted).size).toBeGreaterThan(1);
      expect(said.items.map(({ day, date, asOf }) => [day, date, asOf])[0]).toEqual([1, '2026-11-21', '2026-11-21T12:00:00.000Z']);
    });

    it('tells who enters and who leaves apart, and not only the difference', async () => {
      const said = await forecast(await dynamic('Lately', rules(openedLately)), 4);
      expect(said.size).toBe(2);
      expect(said.items.map(({ size, entries, exits }) => [size, entries, exits])).toEqual([[2, 0, 0], [2, 1, 1], [1, 0, 1], [1, 0, 0]]);
    });

    it('of a static list stays', async () => {
      expect((await forecast(await list('List', 'ada', 'bob'), 2)).items.map(({ size }) => size)).toEqual([2, 2]);
    });

    it('reaches thirty days unless it is told otherwise, and a year at most', async () => {
      const id = await list('List');
      expect((await tenant.request<Forecast>('GET', `/segments/${id}/forecast`)).body.items).toHaveLength(30);
      expect((await tenant.request('GET', `/segments/${id}/forecast?days=366`)).status).toBe(422);
      expect((await tenant.request('GET', `/segments/${newId()}/forecast`)).status).toBe(404);
    });
  });

  describe('A backtest', () => {
    const backtest = async (body: object): Promise<{ status: number; body: { items: Size[] } & Failed }> =>
      await tenant.request<{ items: Size[] } & Failed>('POST', '/segments/backtest', { rules: rules(openedLately), from: '2026-11-17T12:00:00Z', to: now, step: 'day', ...body });

    it('has size, entries and exits at each step, with the events of then', async () => {
      const { status, body } = await backtest({ to: '2026-11-24T12:00:00Z' });
      expect(status).toBe(200);
      expect(body.items.map(({ asOf, size, entries, exits }) => [asOf.slice(8, 10), size, entries, exits])).toEqual([
        ['17', 0, 0, 0], ['18', 1, 1, 0], ['19', 1, 0, 0], ['20', 2, 1, 0], ['21', 2, 0, 0], ['22', 2, 1, 1], ['23', 1, 0, 1], ['24', 1, 0, 0],
      ]);
    });

    it('takes the fields of now', async () => {
      const { body } = await backtest({ rules: rules({ field: 'contact.country', operator: 'equals', value: 'US' }), from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' });
      expect(body.items.map(({ size }) => size)).toEqual([2, 2]);
    });

    it('steps by months of the calendar from the first, so that it does not wander off the last day', async () => {
      const { body } = await backtest({ from: '2026-01-31T00:00:00Z', to: '2026-04-30T00:00:00Z', step: { amount: 1, unit: 'months' } });
      expect(body.items.map(({ asOf }) => asOf.slice(0, 10))).toEqual(['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']);
    });

    it.each([
      [{ step: 'fortnight' }, '/step'], [{ step: undefined }, '/step'], [{ step: { amount: 0, unit: 'days' } }, '/step'], [{ step: { amount: 1, unit: 'days', more: 1 } }, '/step'],
      [{ step: 'constructor' }, '/step'], [{ from: '2020-01-01T00:00:00Z' }, '/step'], [{ to: '2026-01-01T00:00:00Z' }, '/to'],
      [{ rules: rules({ field: 'contact.nobody', operator: 'is_set' }) }, '/groups/0/conditions/0/field'],
    ])('with %j is refused at %s', async (body, path) => {
      const answer = await backtest(body);
      expect([answer.status, answer.body.errors.map((error) => error.path)]).toEqual([422, [path]]);
    });
  });

  describe('The overlap of segments', () => {
    const overlap = async (...ids: string[]): Promise<{ status: number; body: Overlap }> =>
      await tenant.request<Overlap>('GET', `/segments/overlap?ids=${ids.join(',')}`);

    it('has sizes, intersections, Jaccard and the exact regions', async () => {
      const [a, b, c] = [await list('A', 'ada', 'bob', 'cy'), await list('B', 'bob', 'cy', 'di'), await list('C', 'cy')];
      const { body } = await overlap(a, b, c);
      expect(body.segments.map(({ name, size }) => [name, size])).toEqual([['A', 3], ['B', 3], ['C', 1]]);
      expect(body.pairs.map(({ a: one, b: other, intersection, union, jaccard }) => [one, other, intersection, union, jaccard])).toEqual([
        [a, b, 2, 4, 0.5], [a, c, 1, 3, 1 / 3], [b, c, 1, 3, 1 / 3],
      ]);
      expect(body.regions).toHaveLength(4);
      expect(new Map(body.regions?.map(({ segmentIds, size }) => [segmentIds.join(), size]))).toEqual(new Map([
        [a, 1], [b, 1], [[a, b].join(), 1], [[a, b, c].join(), 1],
      ]));
    });

    it('has no regions of more than five, and is 0 where nobody is in either', async () => {
      const ids = [];
      for (let at = 0; at < 6; at += 1) ids.push(await list(`L${at}`));
      const { body } = await overlap(...ids);
      expect(body.regions).toBeUndefined();
      expect(body.pairs).toHaveLength(15);
      expect(body.pairs[0]?.jaccard).toBe(0);
      expect((await overlap(...ids.slice(1))).body.regions).toEqual([]);
    });

    it('does not count a contact who was erased', async () => {
      const [a, b] = [await list('A', 'ada', 'bob'), await list('B', 'ada')];
      const { body: { items } } = await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?email=ada@example.com');
      expect((await tenant.request('DELETE', `/contacts/${items[0]?.id}`)).status).toBe(204);
      expect((await overlap(a, b)).body).toMatchObject({ segments: [{ size: 1 }, { size: 0 }], pairs: [{ intersection: 0 }] });
    });

    it('needs two different ids at least, all of the tenant\'s', async () => {
      const a = await list('A');
      expect((await overlap(a)).status).toBe(422);
      expect((await overlap(a, a.toUpperCase())).status).toBe(422);
      expect((await overlap(a, 'x')).status).toBe(404);
      expect((await overlap(a, newId())).status).toBe(404);
    });
  });

  describe('The hygiene report', () => {
    type Finding = { id: string; name: string; reason: string; before?: number; size?: number; pointers?: string[] };
    type Report = Record<'unused' | 'empty' | 'failing' | 'declining' | 'everyone' | 'contradictory', Finding[]>
      & { contactCount: number; nearDuplicates: { a: string; b: string; by: string; jaccard: number | null }[] };
    const report = async (): Promise<Report> => (await tenant.request<Report>('GET', '/segments/hygiene')).body;
    const names = (findings: Finding[]): string[] => findings.map(({ name }) => name).sort();
    const refreshed = async (id: string): Promise<void> => { await tenant.request('POST', `/segments/${id}/refresh`, { waitSeconds: 30 }); };
    const country = (value: string): object => ({ field: 'contact.country', operator: 'equals', value });

    it('finds what is empty, holds everybody or can match nobody, with the reason', async () => {
      for (const [name, ...conditions] of [
        ['US', country('US')], ['Nobody', country('MX')], ['Never', country('US'), country('CA')],
      ] as [string, ...object[]][]) await refreshed(await dynamic(name, rules(...conditions)));
      await refreshed(await dynamic('All', { match: 'all', groups: [] }));
      await refreshed(await dynamic('All, as it happens', { match: 'any', groups: [{ match: 'any', conditions: [country('US'), country('CA')] }] }));
      await list('Empty list');
      const said = await report();
      expect(said.contactCount).toBe(4);
      expect(names(said.empty)).toEqual(['Empty list', 'Never', 'Nobody']);
      expect(names(said.everyone)).toEqual(['All', 'All, as it happens']);
      expect(said.contradictory).toMatchObject([{ name: 'Never', reason: '“Country is US” and “Country is CA” exclude one another.', pointers: ['/groups/0/conditions/0', '/groups/0/conditions/1'] }]);
    });

    it('finds what nobody has used for 90 days: not asked for, not changed and not named by another', async () => {
      const asked = await list('Asked for');
      const named = await list('Named');
      await list('Forgotten');
      await dynamic('Changed', rules({ segment: named, operator: 'in' }));
      const changed = (await tenant.request<{ items: { id: string; name: string }[] }>('GET', '/segments?search=Changed')).body.items[0]?.id;
      await service.clock('2027-02-18T12:00:00Z');
      expect(names((await report()).unused)).toEqual([]);
      await tenant.request('GET', `/segments/${asked}/contacts`);
      await tenant.request('PATCH', `/segments/${changed}`, { description: 'x' });
      await service.clock('2027-02-18T12:00:01Z');
      expect((await report()).unused).toMatchObject([{ name: 'Forgotten', reason: 'Nobody changed it or asked for its members since 2026-11-20.' }]);
      await service.clock('2027-05-20T12:00:00Z');
      expect(names((await report()).unused)).toEqual(['Asked for', 'Changed', 'Forgotten']);
    });

    it('finds what has lost a tenth in 30 days, those who were erased among them', async () => {
      const id = await list('List', 'ada', 'bob', 'cy', 'di');
      await list('Steady', 'bob');
      await service.clock('2026-12-01T12:00:00Z');
      await tenant.request('DELETE', `/segments/${id}/contacts`, { emails: ['bob@example.com'] });
      const { body: { items } } = await tenant.request<{ items: { id: string }[] }>('GET', '/contacts?email=ada@example.com');
      await tenant.request('DELETE', `/contacts/${items[0]?.id}`);
      expect((await report()).declining).toEqual([]);
      await service.clock('2026-12-21T12:00:00Z');
      expect((await report()).declining).toMatchObject([{ name: 'List', before: 4, size: 2, reason: 'It has lost 50 % in 30 days.' }]);
      await service.clock('2027-01-05T12:00:00Z');
      expect((await report()).declining).toEqual([]);
    });

    it('finds near duplicates by what the rules say and by who is in them', async () => {
      const one = await dynamic('One', rules(country('US')));
      const other = await dynamic('Other', { match: 'any', groups: [{ match: 'any', negate: true, conditions: [{ field: 'contact.country', operator: 'not_in', value: ['us'] }] }] });
      const a = await list('A', 'ada', 'bob', 'cy');
      const b = await list('B', 'cy', 'bob', 'ada');
      await list('C', 'cy', 'bob');
      const found = (await report()).nearDuplicates;
      expect(found).toContainEqual(expect.objectContaining({ a: one, b: other, by: 'rules', jaccard: null }));
      expect(found).toContainEqual(expect.objectContaining({ a, b, by: 'members', jaccard: 1 }));
      expect(found.filter(({ by }) => by === 'members').every((pair) => ![pair.a, pair.b].includes(a) || pair.b === b)).toBe(true);
    });

    it('leaves archived segments out', async () => {
      const id = await list('Empty list');
      await tenant.request('POST', `/segments/${id}/archive`);
      expect((await report()).empty).toEqual([]);
    });
  });
});
