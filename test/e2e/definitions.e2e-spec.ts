import { startTestService, type Answer, type TestService, type TestTenant } from '../support/service.js';

interface Document { key: string; name: string; type: string; status: string; rules?: object; labels: string[] }
interface Exported { version: 1; segments: Document[] }
interface Plan {
  dryRun: boolean; created: { key: string; id: string | null; entering: number | null }[];
  changed: { key: string; changed: string[]; entering: number | null; leaving: number | null }[]; unchanged: { key: string }[];
  faults: { path: string; code: string }[]; errors: { path: string; code: string }[];
}

const rules = (...conditions: object[]): object => ({ match: 'all', groups: [{ match: 'all', conditions }] });
const country = (value: string): object => ({ field: 'contact.country', operator: 'equals', value });
const inSegment = (segment: string): object => ({ segment, operator: 'in' });

describe('Definitions of segments', () => {
  let service: TestService;
  let tenant: TestTenant;
  let other: TestTenant;

  beforeAll(async () => { service = await startTestService({ REFRESH_CRON: '0 0 1 1 *' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-11-20T12:00:00Z');
    [tenant, other] = [await service.tenant(), await service.tenant()];
  });

  const make = async (body: object): Promise<string> => {
    const made = await tenant.request<{ id: string }>('POST', '/segments', body);
    expect(made.status).toBe(201);
    return made.body.id;
  };
  const exported = async (of = tenant, query = ''): Promise<Exported> => (await of.request<Exported>('GET', `/segments/export${query}`)).body;
  const bring = async (body: object, { dryRun = false, to = other } = {}): Promise<Answer<Plan>> => await to.request<Plan>('POST', `/segments/import${dryRun ? '?dryRun=true' : ''}`, body);
  const keys = (list: { key: string }[]): string[] => list.map(({ key }) => key);

  it('move to another tenant with references by name, in whatever order they stand, and once there change nothing', async () => {
    const us = await make({ name: 'US', type: 'dynamic', rules: rules(country('US')), labels: ['geo'], notes: 'n', owner: 'ada' });
    const list = await make({ name: 'A list', type: 'static' });
    await make({ name: 'Both', type: 'dynamic', status: 'draft', rules: { ...rules(inSegment(us.toUpperCase())), exclusions: [{ match: 'any', conditions: [{ match: 'all', conditions: [inSegment(list)] }] }] } });
    const document = await exported();
    expect(document.segments.map(({ name }) => name)).toEqual(['A list', 'Both', 'US']);
    expect(document.segments[1]?.rules).toMatchObject({ groups: [{ conditions: [inSegment('US')] }], exclusions: [{ conditions: [{ conditions: [inSegment('A list')] }] }] });
    expect(JSON.stringify(document)).not.toContain(us);
    const plan = await bring(document);
    expect(plan).toMatchObject({ status: 200, body: { dryRun: false, changed: [], unchanged: [], faults: [] } });
    expect(keys(plan.body.created)).toEqual(['A list', 'Both', 'US']);
    expect(await exported(other)).toEqual(document);
    expect((await bring(document)).body).toMatchObject({ created: [], changed: [] });
    expect(keys((await bring(document, { to: tenant })).body.unchanged)).toEqual(['A list', 'Both', 'US']);
  });

  it('are planned without doing anything: what is made, changed and unchanged, and the members that each moves', async () => {
    for (const to of [tenant, other]) await to.request('POST', '/contacts/batch', { contacts: ['ada', 'bob', 'cy'].map((name, at) => ({ email: `${name}@example.com`, country: at < 2 ? 'US' : 'CA' })) });
    const us = await make({ name: 'US', type: 'dynamic', rules: rules(country('US')) });
    await make({ name: 'Same', type: 'static' });
    await bring(await exported());
    const { body: { items } } = await other.request<{ items: { id: string; name: string }[] }>('GET', '/segments');
    const theirs = items.find(({ name }) => name === 'US')?.id;
    await other.request('POST', `/segments/${theirs}/refresh`, { waitSeconds: 30 });
    await tenant.request('PATCH', `/segments/${us}`, { rules: rules(country('CA')), labels: ['x'] });
    await make({ name: 'New', type: 'dynamic', rules: rules(inSegment(us)) });
    const before = await exported(other);
    expect((await bring(await exported(), { dryRun: true })).body).toEqual({
      dryRun: true, created: [{ key: 'New', id: null, entering: 1 }], changed: [{ key: 'US', id: theirs, changed: ['labels', 'rules'], entering: 1, leaving: 2 }],
      unchanged: [{ key: 'Same', id: expect.any(String) }], faults: [],
    });
    expect(await exported(other)).toEqual(before);
  });

  it('report what is missing, every fault at its place, and then none of them is brought', async () => {
    await tenant.request('POST', '/custom-fields', { key: 'plan', label: 'Plan', type: 'text' });
    const first = await make({ name: 'First', type: 'dynamic', rules: rules({ field: 'customField.plan', operator: 'is_set' }) });
    await make({ name: 'Of first', type: 'dynamic', rules: rules(inSegment(first)) });
    await make({ name: 'Fine', type: 'static' });
    const document = await exported();
    document.segments.push({ key: 'X', name: 'X', type: 'dynamic', status: 'active', labels: [], rules: rules(country('US'), inSegment('Nowhere')) });
    const faults = [
      { path: '/segments/1/rules/groups/0/conditions/0/field', code: 'unknown_field' }, { path: '/segments/3/rules/groups/0/conditions/1/segment', code: 'unknown_segment' },
    ];
    const planned = await bring(document, { dryRun: true });
    expect([planned.status, planned.body.faults.map(({ path, code }) => ({ path, code }))]).toEqual([200, faults]);
    const refused = await bring(document);
    expect([refused.status, refused.body.errors.map(({ path, code }) => ({ path, code }))]).toEqual([422, faults]);
    expect((await exported(other)).segments).toEqual([]);
  });

  it('keep apart those of one name, and take turned references for what they are', async () => {
    const [one, two] = [await make({ name: 'Twin', type: 'static' }), await make({ name: 'Twin', type: 'static' })];
    await make({ name: 'Twin #2', type: 'static', labels: ['by its name'] });
    await make({ name: 'A', type: 'dynamic', rules: rules(inSegment(two)) });
    const document = await exported();
    expect(keys(document.segments)).toEqual(['A', 'Twin', 'Twin #3', 'Twin #2']);
    expect(document.segments[0]?.rules).toEqual(rules(inSegment('Twin #3')));
    await bring(document);
    expect(await exported(other)).toEqual(document);
    // From then on it is the other way round: what named is named, without a ring on the way.
    const [a] = document.segments;
    await bring({ version: 1, segments: [{ key: 'A', name: 'A', type: 'dynamic', rules: rules(country('US')) }, { key: 'B', name: 'B', type: 'dynamic', rules: rules(inSegment('A')) }] });
    const turned = await bring({ version: 1, segments: [{ ...a, rules: rules(inSegment('B')) }, { key: 'B', name: 'B', type: 'dynamic', rules: rules(country('CA')) }] });
    expect(turned).toMatchObject({ status: 200, body: { changed: [{ key: 'A' }, { key: 'B' }] } });
    expect(one).not.toBe(two);
  });

  it('are found by their keys whatever their names become, and a property that is left out stays', async () => {
    await make({ name: 'Old', type: 'static', labels: ['x'], owner: 'ada' });
    const plan = await bring({ version: 1, segments: [{ key: 'Old', name: 'New', type: 'static' }] }, { to: tenant });
    expect(plan.body.changed).toMatchObject([{ key: 'Old', changed: ['name'] }]);
    expect((await exported()).segments).toMatchObject([{ key: 'New', name: 'New', labels: ['x'], owner: 'ada' }]);
  });

  it('are brought once with an Idempotency-Key, whatever becomes of them after', async () => {
    const body = { version: 1, segments: [{ name: 'Once', type: 'static', labels: ['first'] }] };
    const send = async (sent: object, query = '') => await tenant.request<Plan>('POST', `/segments/import${query}`, sent, { 'idempotency-key': 'bring' });
    expect((await send(body, '?dryRun=true')).body.created).toMatchObject([{ key: 'Once', id: null }]);
    const { status, body: { created: [made] } } = await send(body);
    expect([status, made?.key]).toEqual([200, 'Once']);
    await tenant.request('PATCH', `/segments/${made?.id}`, { labels: ['second'] });
    expect(await send(body)).toMatchObject({ status: 200, body: { created: [], changed: [], unchanged: [{ key: 'Once', id: made?.id }], faults: [] } });
    expect((await exported()).segments).toMatchObject([{ key: 'Once', labels: ['second'] }]);
    expect((await send({ ...body, segments: [] })).status).toBe(422);
  });

  it('of archived segments come archived, and hide none that is used', async () => {
    const id = await make({ name: 'Gone', type: 'dynamic', rules: rules(country('US')) });
    await tenant.request('POST', `/segments/${id}/archive`);
    const document = await exported();
    await bring(document);
    expect(await exported(other)).toEqual(document);
    await bring({ version: 1, segments: [{ key: 'Gone', name: 'Gone', type: 'dynamic', status: 'active' }, { name: 'User', type: 'dynamic', rules: rules(inSegment('Gone')) }] });
    expect((await bring(document)).body.errors).toMatchObject([{ path: '/segments/0/status', code: 'segment_in_use' }]);
    const draft = { version: 1, segments: [{ key: 'Gone', name: 'Gone', type: 'dynamic', status: 'draft' }] };
    expect((await bring(draft)).body.errors).toMatchObject([{ path: '/segments/0/status', code: 'segment_in_use' }]);
  });

  it.each([
    [{ version: 2, segments: [] }, '/version'], [{ version: 1 }, '/segments'],
    [{ version: 1, segments: [{ name: 'A', type: 'static', id: 'x' }] }, '/segments/0/id'],
    [{ version: 1, segments: [{ name: 'A', type: 'static' }, { name: 'A', type: 'static' }] }, '/segments/1/key'],
    [{ version: 1, segments: [{ name: 'A', type: 'static', rules: {} }] }, '/segments/0/rules'],
    [{ version: 1, segments: [{ name: 'A', type: 'dynamic' }] }, '/segments/0/rules'],
    [{ version: 1, segments: [{ name: 'A', type: 'dynamic', rules: rules(inSegment('A')) }] }, '/segments/0/rules/groups/0/conditions/0/segment'],
    [{ version: 1, segments: [{ name: 'A', type: 'dynamic', rules: { match: 'all', groups: 7 } }] }, '/segments/0/rules/groups'],
    [{ version: 1, segments: [{ name: 'There', type: 'dynamic', rules: rules() }] }, '/segments/0/type'],
  ])('of the form %j are refused at %s', async (body, path) => {
    await make({ name: 'There', type: 'static' });
    const answer = await bring(body, { to: tenant });
    expect([answer.status, answer.body.errors.map((fault) => fault.path)]).toEqual([422, [path]]);
  });

  it('are those with a label where one is asked for, and their import is told whether it is dry', async () => {
    await make({ name: 'A', type: 'static', labels: ['x'] });
    await make({ name: 'B', type: 'static' });
    expect(keys((await exported(tenant, '?label=x')).segments)).toEqual(['A']);
    expect((await other.request('POST', '/segments/import?dryRun=yes', { version: 1, segments: [] })).status).toBe(422);
  });
});
