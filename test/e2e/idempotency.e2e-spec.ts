import { newId } from '#kernel';
import { marked, type Operation } from '../support/openapi-walk.js';
import { everyones } from '../support/foreign-probes.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { asOwner, makeWorld, publishedOperations, type World } from '../support/tenant-world.js';

/** What takes the key, written down: a new one is added here on purpose. */
const honouring = [
  'createContact', 'createCustomField', 'createEventType', 'createSegment', 'duplicateSegment', 'freezeSegment', 'createCampaign', 'instantiateSegmentTemplate',
  'createRollup', 'createExperiment',
];
/** These change an object that is there, make many, or take no text that could be another: `campaign-launch.e2e-spec.ts` says what they do with a key, `imports.e2e-spec.ts` of files, `definitions.e2e-spec.ts` of definitions, `stored-exports.e2e-spec.ts` of exports. */
const changing = ['launchCampaign', 'createImport', 'importDefinitions', 'createExport'];
/** What makes a request another one where its body takes no text of any kind. */
const others: Readonly<Record<string, object>> = { createRollup: { to: '2026-03-30' } };
const startOfTime = '2026-04-01T12:00:00.000Z';

interface Made { status: number; id: string | undefined; body: unknown }

describe('Idempotency-Key', () => {
  let service: TestService;
  let operations: Operation[];
  let world: World;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ REFRESH_CRON: '0 0 1 1 *', ANALYTICS_CRON: '0 0 1 1 *' });
    await service.clock(startOfTime);
    operations = await publishedOperations(service);
    world = await makeWorld(service, operations, 'A');
    tenant = world.tenant;
  });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => { await service.clock(startOfTime); });

  const find = (id: string): Operation => operations.find((operation) => operation.id === id)!;
  const addressOf = ({ path, collection }: Operation): string => path.replace('/api/v1', '')
    .replace(/\{\w+\}/, everyones.has(collection) ? 'highly-engaged' : world.ids.get(collection)?.[0] ?? newId());
  let made = 0;
  const bodyOf = (operation: Operation): object | undefined => {
    made += 1;
    return operation.body === null ? undefined : marked(operation.body, operation.example, `once${made}`) as object;
  };
  const post = async (operation: Operation, body: unknown, key?: string): Promise<Made> => {
    const answer = await tenant.request<{ id?: string }>('POST', addressOf(operation), body, key === undefined ? {} : { 'idempotency-key': key });
    return { status: answer.status, id: answer.body.id, body: answer.body };
  };
  const objects = async (): Promise<number> => await asOwner(service.databaseUrl, async (client) => Number((await client.query<{ all: string }>(`
    select (select count(*) from contact) + (select count(*) from custom_field) + (select count(*) from event_type)
      + (select count(*) from segment) + (select count(*) from campaign) + (select count(*) from rollup) + (select count(*) from experiment) as all`)).rows[0]?.all));

  it('is taken by every POST that makes something, and by no other', () => {
    expect(operations.filter(({ takesOnceKey }) => takesOnceKey).map(({ id }) => id).sort()).toEqual([...honouring, ...changing].sort());
    const makers = operations.filter(({ method, object }) => method === 'POST' && object.responses['201'] !== undefined).map(({ id }) => id);
    expect(makers.filter((id) => !honouring.includes(id)).sort()).toEqual(['createApiKey', 'createTenant', 'rotateApiKey']);
  });

  describe.each(honouring)('on %s', (id) => {
    it('makes one object of 50 requests at once, and answers each with it or says that it is under way', async () => {
      const operation = find(id);
      const [key, body, before] = [newId(), bodyOf(operation), await objects()];
      const answers = await Promise.all(Array.from({ length: 50 }, async () => await post(operation, body, key)));
      const ids = new Set(answers.filter(({ status }) => status === 201).map((answer) => answer.id));
      expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
      expect(answers.filter(({ status, body: said }) => status === 409 && (said as { type: string }).type !== '/problems/idempotency-key-busy')).toEqual([]);
      expect(ids.size).toBe(1);
      expect(await objects()).toBe(before + 1);
      expect(await post(operation, body, key)).toMatchObject({ status: 201, id: [...ids][0] });
    });

    it('refuses the same key with another request', async () => {
      const operation = find(id);
      const [key, body] = [newId(), bodyOf(operation)];
      expect((await post(operation, body, key)).status).toBe(201);
      const before = await objects();
      const other = operation.body === null ? undefined : { ...bodyOf(operation), ...others[id] };
      const answer = operation.body === null
        ? await tenant.request('POST', addressOf(operation).replace(world.ids.get('segments')?.[0] ?? '', world.ids.get('segments')?.[1] ?? ''), undefined, { 'idempotency-key': key })
        : await post(operation, other, key);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'Idempotency-Key' }] } });
      expect(await objects()).toBe(before);
    });

    it('holds for 24 hours of the clock, to the millisecond', async () => {
      const operation = find(id);
      const [key, body] = [newId(), bodyOf(operation)];
      const first = await post(operation, body, key);
      expect(first.status).toBe(201);
      await service.clock('2026-04-02T11:59:59.999Z');
      expect(await post(operation, body, key)).toMatchObject({ status: 201, id: first.id });
      await service.clock('2026-04-02T12:00:00.000Z');
      const later = await post(operation, body, key);
      // A name that is unique says so: the key no longer speaks for the first request.
      if (later.status === 409) expect((later.body as { type: string }).type).not.toBe('/problems/idempotency-key-busy');
      else expect(later).toMatchObject({ status: 201, id: expect.not.stringMatching(first.id ?? '') });
    });

    it('answers 410 once the object is gone, and makes a new one when the key has run out', async () => {
      const operation = find(id);
      const collection = id === 'instantiateSegmentTemplate' ? 'segments' : operation.collection;
      if (operations.every(({ method, path }) => method !== 'DELETE' || path !== `/api/v1/${collection}/{id}`)) return;
      const [key, body] = [newId(), bodyOf(operation)];
      const first = await post(operation, body, key);
      expect((await tenant.request('DELETE', `/${collection}/${first.id}`)).status).toBe(204);
      expect(await post(operation, body, key)).toMatchObject({ status: 410, body: { type: '/problems/gone' } });
      await service.clock('2026-04-02T12:00:00.000Z');
      const later = await post(operation, body, key);
      expect(later.status).toBe(201);
      expect(later.id).not.toBe(first.id);
    });
  });

  it.each(honouring)('keeps nothing of a try of %s that failed', async (id) => {
    const operation = find(id);
    const [key, body] = [newId(), bodyOf(operation)];
    expect((await post(operation, { ...body, nonsense: 1 }, key)).status).toBe(422);
    expect((await post(operation, body, key)).status).toBe(201);
  });

  it('keeps nothing of a try that a conflict ended', async () => {
    const operation = find('createContact');
    const [key, body] = [newId(), bodyOf(operation)];
    const standing = await post(operation, body);
    expect((await post(operation, body, key)).status).toBe(409);
    expect((await tenant.request('DELETE', `/contacts/${standing.id}`)).status).toBe(204);
    expect((await post(operation, body, key)).status).toBe(201);
  });

  it('answers the object as it is now', async () => {
    const operation = find('createSegment');
    const [key, body] = [newId(), bodyOf(operation)];
    const { id } = await post(operation, body, key);
    await tenant.request('PATCH', `/segments/${id}`, { name: 'renamed since' });
    expect(await post(operation, body, key)).toMatchObject({ status: 201, body: { id, name: 'renamed since' } });
  });

  it('is the tenant\'s own: another\'s same key is another key', async () => {
    const other = await service.tenant('B');
    const key = newId();
    const mine = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'x' }, { 'idempotency-key': key });
    const theirs = await other.request<{ id: string }>('POST', '/campaigns', { name: 'y' }, { 'idempotency-key': key });
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('is no wall against making things twice without it', async () => {
    const operation = find('createCampaign');
    const before = await objects();
    for (let at = 0; at < 3; at += 1) expect((await post(operation, { name: 'the same' })).status).toBe(201);
    expect(await objects()).toBe(before + 3);
  });

  it('has 1 to 255 characters', async () => {
    const operation = find('createCampaign');
    expect((await post(operation, { name: 'x' }, 'k'.repeat(255))).status).toBe(201);
    expect((await post(operation, { name: 'x' }, 'k'.repeat(256))).status).toBe(422);
    expect((await post(operation, { name: 'x' }, '')).status).toBe(422);
  });

  it('is refused where the answer is shown once', async () => {
    const headers = { 'idempotency-key': newId() };
    expect((await tenant.request('POST', '/api-keys', { name: 'x', role: 'viewer' }, headers)).status).toBe(422);
    expect((await service.admin('POST', '/admin/tenants', { name: 'x' }, headers)).status).toBe(422);
  });

  it('is ignored by batches, whose rows are told apart by themselves', async () => {
    const headers = { 'idempotency-key': newId() };
    const contacts = async (email: string): Promise<unknown> => (await tenant.request('POST', '/contacts/batch', { contacts: [{ email }] }, headers)).body;
    expect(await contacts('batch1@example.com')).toMatchObject({ created: 1 });
    expect(await contacts('batch2@example.com')).toMatchObject({ created: 1 });
    expect(await contacts('batch2@example.com')).toMatchObject({ created: 0, updated: 1 });
    const events = async (id: string): Promise<unknown> =>
      (await tenant.request('POST', '/events/batch', { events: [{ id, type: 'opened', email: 'batch1@example.com', occurredAt: startOfTime }] }, headers)).body;
    expect(await events('once-1')).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await events('once-2')).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(await events('once-2')).toMatchObject({ accepted: 0, duplicates: 1 });
  });
});
