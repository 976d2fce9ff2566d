import { startTestService, type TestService, type TestTenant, type Answer } from '../support/service.js';

interface Segment { id: string; name: string; revision: number; rulesVersion: number; rules: object; ruleText: string; owner: string | null; notes: string | null; status: string }
interface Edit { revision: number; rulesVersion: number; changed: string[]; by: string; at: string }
interface Version { version: number; rules: object; ruleText: string; revision: number; by: string; at: string }
interface Conflict { status: number; etag: string; changes: { revision: number; changed: string[]; by: string; at: string }[] }

const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});

describe('Edits of a segment', () => {
  let service: TestService;
  let tenant: TestTenant;
  let segment: Segment;
  let etag: string;

  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-11-20T12:00:00Z');
    tenant = await service.tenant();
    const made = await tenant.request<Segment>('POST', '/segments', { name: 'One', type: 'dynamic', rules: from('US'), owner: 'ada', notes: 'mind' });
    segment = made.body;
    etag = made.headers.get('etag') ?? '';
  });

  const patch = async <Body = Segment>(change: object, ifMatch?: string): Promise<Answer<Body>> =>
    await tenant.request<Body>('PATCH', `/segments/${segment.id}`, change, ifMatch === undefined ? {} : { 'if-match': ifMatch });
  const edits = async (): Promise<Edit[]> => (await tenant.request<{ items: Edit[] }>('GET', `/segments/${segment.id}/edits`)).body.items;
  const versions = async (query = ''): Promise<{ items: Version[]; nextCursor: string | null }> =>
    (await tenant.request<{ items: Version[]; nextCursor: string | null }>('GET', `/segments/${segment.id}/versions${query}`)).body;

  describe('by two people at once', () => {
    it('are told apart: the second gets a 412 with what the first has changed, and changes nothing', async () => {
      expect(etag).toBe('"1"');
      const first = await patch({ name: 'Two', labels: ['x'] }, etag);
      expect([first.status, first.headers.get('etag')]).toEqual([200, '"2"']);
      const second = await patch<Conflict>({ name: 'Three' }, etag);
      expect(second).toMatchObject({ status: 412, body: { type: '/problems/changed-meanwhile', etag: '"2"', changes: [{ revision: 2, changed: ['name', 'labels'], at: '2026-11-20T12:00:00.000Z' }] } });
      const read = await tenant.request<Segment>('GET', `/segments/${segment.id}`);
      expect([read.body.name, read.headers.get('etag')]).toEqual(['Two', '"2"']);
      expect((await patch({ name: 'Three' }, read.headers.get('etag') ?? '')).status).toBe(200);
    });

    it('meet in one order: of two at the same time one is refused', async () => {
      const answers = await Promise.all([patch({ name: 'Two' }, etag), patch({ name: 'Three' }, etag)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    });

    it('go on as they always did without If-Match, and with *', async () => {
      await patch({ name: 'Two' });
      expect((await patch({ name: 'Three' })).status).toBe(200);
      expect((await patch({ name: 'Four' }, '*')).status).toBe(200);
    });

    it('count what a refresh never does: it leaves the ETag as it is', async () => {
      await tenant.request('POST', `/segments/${segment.id}/refresh`, { waitSeconds: 30 });
      expect((await patch({ name: 'Two' }, etag)).status).toBe(200);
    });

    it('do not count where nothing is other than before', async () => {
      expect((await patch({ name: 'One', rules: from('US'), labels: [] })).headers.get('etag')).toBe(etag);
      expect(await edits()).toHaveLength(1);
    });

    it.each(['"7"', '"x"', 'W/"1"', '"0", "x"'])('match nothing by %s', async (ifMatch) => {
      expect((await patch({ name: 'Two' }, ifMatch)).status).toBe(412);
    });

    it.each(['1', '"1', '"1" "2"', ','])('are refused where If-Match is %s', async (ifMatch) => {
      expect((await patch({ name: 'Two' }, ifMatch)).status).toBe(400);
    });

    it('take one of several ETags', async () => {
      expect((await patch({ name: 'Two' }, '"7", "1"')).status).toBe(200);
    });

    it('keep a segment from being deleted by who has not seen the last one', async () => {
      await patch({ name: 'Two' });
      const remove = async (ifMatch: string): Promise<number> => (await tenant.request('DELETE', `/segments/${segment.id}`, undefined, { 'if-match': ifMatch })).status;
      expect(await remove(etag)).toBe(412);
      expect(await remove('"2"')).toBe(204);
    });
  });

  it('are written down with who, what and when', async () => {
    await service.clock('2026-11-21T12:00:00Z');
    await patch({ name: 'Two', rules: from('CA'), owner: null });
    await tenant.request('POST', `/segments/${segment.id}/archive`);
    await tenant.request('POST', `/segments/${segment.id}/activate`);
    expect((await edits()).map(({ revision, rulesVersion, changed, at }) => [revision, rulesVersion, changed, at.slice(8, 10)])).toEqual([
      [4, 2, ['status'], '21'], [3, 2, ['status'], '21'], [2, 2, ['name', 'owner', 'rules'], '21'], [1, 1, ['rules'], '20'],
    ]);
    expect(new Set((await edits()).map(({ by }) => by.split(':')[0]))).toEqual(new Set(['api-key']));
  });

  describe('of its rules', () => {
    it('are versions, of which an earlier one comes back as a new one', async () => {
      await patch({ rules: from('CA') });
      await patch({ name: 'Two' });
      const restored = await tenant.request<Segment>('POST', `/segments/${segment.id}/restore`, { version: 1 });
      expect(restored).toMatchObject({ status: 200, body: { rules: from('US'), rulesVersion: 3, revision: 4, ruleText: segment.ruleText, name: 'Two' } });
      expect(restored.headers.get('etag')).toBe('"4"');
      expect((await versions()).items.map(({ version, rules }) => [version, rules])).toEqual([[3, from('US')], [2, from('CA')], [1, from('US')]]);
    });

    it('are walked in pages', async () => {
      await patch({ rules: from('CA') });
      const first = await versions('?limit=1');
      expect(first.items.map(({ version }) => version)).toEqual([2]);
      expect((await versions(`?limit=1&cursor=${first.nextCursor}`)).items.map(({ version }) => version)).toEqual([1]);
    });

    it('that name an option which was removed since may come back', async () => {
      const { body: field } = await tenant.request<{ id: string }>('POST', '/custom-fields', { key: 'plan', label: 'Plan', type: 'select', options: ['a', 'b'] });
      await patch({ rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'customField.plan', operator: 'equals', value: 'b' }] }] } });
      await patch({ rules: from('US') });
      await tenant.request('PATCH', `/custom-fields/${field.id}`, { options: ['a'] });
      expect((await tenant.request('POST', `/segments/${segment.id}/restore`, { version: 2 })).status).toBe(200);
    });

    it('are not brought back where there is no such version, or what they name is gone', async () => {
      const { body: other } = await tenant.request<Segment>('POST', '/segments', { name: 'Other', type: 'static' });
      await patch({ rules: { match: 'all', groups: [{ match: 'all', conditions: [{ segment: other.id, operator: 'in' }] }] } });
      await patch({ rules: from('US') });
      expect((await tenant.request('DELETE', `/segments/${other.id}`)).status).toBe(204);
      expect(await tenant.request('POST', `/segments/${segment.id}/restore`, { version: 2 })).toMatchObject({ status: 422, body: { errors: [{ code: 'unknown_segment' }] } });
      expect(await tenant.request('POST', `/segments/${segment.id}/restore`, { version: 9 })).toMatchObject({ status: 422, body: { errors: [{ path: '/version' }] } });
    });
  });

  it('have notes and an owner, by whom segments are found', async () => {
    expect(segment).toMatchObject({ owner: 'ada', notes: 'mind' });
    await patch({ owner: 'bob', notes: null });
    const found = async (owner: string): Promise<Segment[]> => (await tenant.request<{ items: Segment[] }>('GET', `/segments?owner=${owner}`)).body.items;
    expect(await found('ada')).toEqual([]);
    expect(await found('bob')).toMatchObject([{ id: segment.id, notes: null }]);
  });

  it('can be seen before they are made: who would enter and who would leave, and which segments follow', async () => {
    await tenant.request('POST', '/contacts/batch', { contacts: ['US', 'US', 'CA', 'CA', 'CA'].map((country, at) => ({ email: `c${at}@example.com`, country })) });
    await tenant.request('POST', `/segments/${segment.id}/refresh`, { waitSeconds: 30 });
    const follow = async (name: string, target: string): Promise<string> => (await tenant.request<Segment>('POST', '/segments', {
      name, type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ segment: target, operator: 'in' }] }] },
    })).body.id;
    await follow('Follows its follower', await follow('Follows', segment.id));
    const { body } = await tenant.request<Record<'entering' | 'leaving', { email: string }[]> & { touches: { name: string }[] }>('POST', '/segments/preview', { rules: from('CA'), segmentId: segment.id, sampleLimit: 2 });
    expect(body).toMatchObject({ wouldAdd: 3, wouldRemove: 2, touches: [{ name: 'Follows' }, { name: 'Follows its follower' }] });
    expect([body.entering, body.leaving].map((contacts) => contacts.map(({ email }) => email))).toEqual([['c2@example.com', 'c3@example.com'], ['c0@example.com', 'c1@example.com']]);
  });
});
