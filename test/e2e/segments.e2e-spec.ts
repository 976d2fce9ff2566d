import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Segment {
  id: string; name: string; status: string; rulesVersion: number; ruleText: string; contactCount: number; freshness: string;
  lastRefreshedAt: string | null; lastRefresh: { mode: string; added: number; removed: number } | null; refreshError: string | null;
}

interface Refresh { refreshId: string; status: string; added: number; removed: number; evaluated: number; rulesVersion: number; error: string | null }
interface List<Item> { items: Item[]; nextCursor: string | null }
interface Change { contactId: string; email: string; change: 'entered' | 'exited'; at: string; via: string; refreshId: string | null; by: string | null }
interface Failed { detail: string; errors: { path: string; code: string; message: string }[]; dependents?: { name: string }[] }

const from = (country: string): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: country }] }],
});
const inSegment = (id: string, operator = 'in'): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ segment: id, operator }] }],
});

describe('Segments', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-11-20T12:00:00Z');
    tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', {
      contacts: [
        { email: 'ada@example.com', country: 'United States' }, { email: 'bob@example.com', country: 'Canada' },
        { email: 'cy@example.com', country: 'united states' }, { email: 'di@example.com' },
      ],
    });
  });

  const make = async (body: object): Promise<Segment> => {
    const made = await tenant.request<Segment>('POST', '/segments', body);
    expect(made.status).toBe(201);
    return made.body;
  };
  const dynamic = async (name: string, rules: object): Promise<Segment> => await make({ name, type: 'dynamic', rules });
  const refresh = async (id: string): Promise<Refresh> => {
    const answer = await tenant.request<Refresh>('POST', `/segments/${id}/refresh`, { waitSeconds: 30 });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const members = async (id: string, query = ''): Promise<string[]> =>
    (await tenant.request<List<{ email: string }>>('GET', `/segments/${id}/contacts${query}`)).body.items.map(({ email }) => email).sort();
  const read = async (id: string): Promise<Segment> => (await tenant.request<Segment>('GET', `/segments/${id}`)).body;
  const history = async (id: string): Promise<Change[]> => (await tenant.request<List<Change>>('GET', `/segments/${id}/history`)).body.items;

  it('are refreshed in the background once they are made, and follow a change of a contact by themselves', async () => {
    const { id } = await dynamic('US', from('United States'));
    await eventually(async () => { expect((await read(id)).contactCount).toBe(2); });
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'di@example.com', country: 'United States' }] });
    await eventually(async () => {
      expect(await read(id)).toMatchObject({ contactCount: 3, freshness: 'fresh' });
    });
  });

  it('hold exactly those who match; a refresh writes the difference, and the history names it', async () => {
    const segment = await dynamic('US', from('United States'));
    await refresh(segment.id);
    expect(await members(segment.id)).toEqual(['ada@example.com', 'cy@example.com']);
    await service.clock('2026-11-20T13:00:00Z');
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'Canada' }, { email: 'bob@example.com', country: 'United States' }] });
    await refresh(segment.id);
    expect(await members(segment.id)).toEqual(['bob@example.com', 'cy@example.com']);
    const changes = await history(segment.id);
    expect(changes.map(({ email, change, via }) => `${email} ${change} ${via}`).slice(0, 2).sort()).toEqual([
      'ada@example.com exited rules', 'bob@example.com entered rules',
    ]);
    expect(changes).toHaveLength(4);
    const { items } = (await tenant.request<List<Refresh>>('GET', `/segments/${segment.id}/refreshes`)).body;
    for (const { refreshId } of changes) expect(items.map((one) => one.refreshId)).toContain(refreshId);
    expect(items.reduce((sum, one) => sum + one.added - one.removed, 0)).toBe(2);
    expect((await read(segment.id)).contactCount).toBe(2);
  });

  it('give back their members at a past moment, and the history replayed gives the present ones', async () => {
    const segment = await dynamic('US', from('United States'));
    await refresh(segment.id);
    await service.clock('2026-11-21T12:00:00Z');
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'Canada' }] });
    await refresh(segment.id);
    expect(await members(segment.id, '?asOf=2026-11-20T12:00:00Z')).toEqual(['ada@example.com', 'cy@example.com']);
    expect(await members(segment.id, '?asOf=2026-11-20T11:59:59Z')).toEqual([]);
    expect(await members(segment.id, '?asOf=2026-11-21T12:00:00Z')).toEqual(['cy@example.com']);
    const replayed = new Set<string>();
    for (const { email, change } of (await history(segment.id)).reverse()) {
      if (change === 'entered') replayed.add(email);
      else replayed.delete(email);
    }
    expect([...replayed]).toEqual(await members(segment.id));
  });

  it('keep the zone of their rules in the database\'s spelling, and all else as it was sent', async () => {
    const zoned = (timezone: string): object => ({ timezone, ...from('United States') });
    const made = await make({ name: 'Zoned', type: 'dynamic', rules: zoned('europe/BERLIN') });
    const kept = (rules: unknown): void => { expect(rules).toEqual(zoned('Europe/Berlin')); };
    kept((made as Segment & { rules: object }).rules);
    const same = await tenant.request<Segment & { rules: object }>('PATCH', `/segments/${made.id}`, { rules: zoned('EUROPE/berlin') });
    expect(same.body.rulesVersion).toBe(1);
    await tenant.request('PATCH', `/segments/${made.id}`, { rules: zoned('america/new_york') });
    await tenant.request('PATCH', `/segments/${made.id}`, { rules: zoned('europe/berlin') });
    kept((await tenant.request<{ items: { rules: object }[] }>('GET', `/segments/${made.id}/versions?limit=1`)).body.items[0]?.rules);
    const exported = await tenant.request<{ segments: object[] }>('GET', '/segments/export');
    const plan = await tenant.request('POST', '/segments/import', { version: 1, segments: exported.body.segments.map((one) => ({ ...one, key: 'Brought', name: 'Brought', rules: zoned('europe/berlin') })) });
    expect(plan).toMatchObject({ status: 200, body: { created: [{ key: 'Brought' }] } });
    kept((await tenant.request<List<{ rules: object }>>('GET', '/segments?search=Brought')).body.items[0]?.rules);
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Zoned' });
    const audience = await tenant.request<{ audience: { include: { rules: object }[] } }>('PUT', `/campaigns/${id}/audience`, { include: [{ rules: zoned('europe/berlin') }] });
    kept(audience.body.audience.include[0]?.rules);
  });

  it('refer to each other: the other one\'s rules count at this moment, never its last refresh', async () => {
    const us = await make({ name: 'US', type: 'dynamic', status: 'draft', rules: from('United States') });
    const others = await dynamic('Others', inSegment(us.id, 'not_in'));
    await refresh(others.id);
    expect(await members(others.id)).toEqual(['bob@example.com', 'di@example.com']);
  });

  it('refuse a cycle with its path, and the deletion or archiving of what is used with its dependents', async () => {
    const us = await dynamic('US', from('United States'));
    const next = await dynamic('Next', inSegment(us.id));
    const cycle = await tenant.request<Failed>('PATCH', `/segments/${us.id}`, { rules: inSegment(next.id) });
    expect(cycle.status).toBe(422);
    expect(cycle.body.errors).toEqual([expect.objectContaining({ path: '/groups/0/conditions/0/segment', code: 'segment_cycle' })]);
    expect(cycle.body.errors[0]?.message).toContain('Next');
    for (const [method, path, body] of [['DELETE', `/segments/${us.id}`], ['POST', `/segments/${us.id}/archive`], ['PATCH', `/segments/${us.id}`, { status: 'draft' }]] as const) {
      const refused = await tenant.request<Failed>(method, path, body);
      expect(refused.status).toBe(409);
      expect(refused.body.dependents?.map(({ name }) => name)).toEqual(['Next']);
    }
    expect((await tenant.request('POST', `/segments/${next.id}/archive`)).status).toBe(200);
    expect((await tenant.request('PATCH', `/segments/${us.id}`, { status: 'draft' })).status).toBe(200);
    expect((await tenant.request('POST', `/segments/${us.id}/archive`)).status).toBe(200);
    expect((await tenant.request('DELETE', `/segments/${us.id}`)).status).toBe(409);
    expect((await tenant.request('DELETE', `/segments/${next.id}`)).status).toBe(204);
    expect((await tenant.request('DELETE', `/segments/${us.id}`)).status).toBe(204);
    expect((await tenant.request('GET', `/segments/${us.id}`)).status).toBe(404);
  });

  it('are listed with what uses them, page by page in the order of the ids', async () => {
    const us = await dynamic('US', from('United States'));
    const ids = [];
    for (const name of ['Zoe', 'Amy', 'Kim']) ids.push((await dynamic(name, inSegment(us.id))).id);
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/campaigns', { name: 'Campaign' });
    await tenant.request('PUT', `/campaigns/${id}/audience`, { include: [{ segmentId: us.id }] });
    await tenant.request('PUT', '/campaign-settings', { holdoutPercent: 0, suppressedSegmentIds: [us.id] });
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const { body }: { body: List<{ id: string }> } = await tenant.request('GET', `/segments/${us.id}/dependents?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      found.push(...body.items.map((one) => one.id));
      cursor = body.nextCursor;
    } while (cursor !== null);
    expect(found).toEqual([us.id, ...ids, id].sort());
    expect((await tenant.request('GET', `/segments/${us.id}/dependents?cursor=e30.e30`)).status).toBe(400);
  });

  it('count up the version of their rules when these change, and only then', async () => {
    const segment = await dynamic('US', from('United States'));
    await tenant.request('PATCH', `/segments/${segment.id}`, { name: 'United States', rules: from('United States') });
    expect(await read(segment.id)).toMatchObject({ name: 'United States', rulesVersion: 1 });
    const edited = await tenant.request<Segment>('PATCH', `/segments/${segment.id}`, { rules: from('Canada') });
    expect(edited.body).toMatchObject({ rulesVersion: 2, ruleText: 'Country is Canada' });
    const { rulesVersion } = await refresh(segment.id);
    expect(rulesVersion).toBe(2);
    expect(await members(segment.id)).toEqual(['bob@example.com']);
  });

  it('name every fault of bad rules, and store nothing', async () => {
    const answer = await tenant.request<Failed>('POST', '/segments', {
      name: 'Bad', type: 'dynamic', rules: {
        match: 'all', groups: [{ match: 'all', conditions: [
          { field: 'contact.contry', operator: 'equals', value: 'x' }, { field: 'contact.lead_score', operator: 'contains', value: 1 },
        ] }],
      },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '/groups/0/conditions/0/field unknown_field', '/groups/0/conditions/1/operator operator_not_supported',
    ]);
    expect(answer.body.errors[0]?.message).toContain('contact.country');
    expect((await tenant.request<List<Segment>>('GET', '/segments')).body.items).toEqual([]);
  });

  it('are lists where they are static: contacts come and go by id and address, each with who did it', async () => {
    const list = await make({ name: 'List', type: 'static', emails: ['ADA@example.com'] });
    expect(list.contactCount).toBe(1);
    const added = await tenant.request('POST', `/segments/${list.id}/contacts`, { emails: ['bob@example.com', 'ada@example.com', 'no@example.com'] });
    expect(added.body).toEqual({ added: 1, unchanged: 1, failed: [expect.objectContaining({ path: '/emails/2', code: 'unknown_contact' })] });
    expect(await members(list.id)).toEqual(['ada@example.com', 'bob@example.com']);
    expect((await tenant.request('DELETE', `/segments/${list.id}/contacts`, { emails: ['ada@example.com'] })).body).toEqual({ removed: 1, unchanged: 0, failed: [] });
    expect((await history(list.id)).map(({ email, change, via }) => `${email} ${change} ${via}`)).toEqual([
      'ada@example.com exited manual', 'bob@example.com entered manual', 'ada@example.com entered manual',
    ]);
    expect(await read(list.id)).toMatchObject({ contactCount: 1, freshness: 'fresh' });
    const us = await dynamic('US', from('United States'));
    expect((await tenant.request('POST', `/segments/${us.id}/contacts`, { emails: ['di@example.com'] })).status).toBe(409);
    expect((await tenant.request('POST', `/segments/${list.id}/refresh`)).status).toBe(409);
  });

  it('take pins that win over the rules at once, until their end', async () => {
    const us = await dynamic('US', from('United States'));
    await refresh(us.id);
    const pinned = await tenant.request('PUT', `/segments/${us.id}/overrides`, {
      overrides: [{ email: 'bob@example.com', pin: 'in', until: '2026-11-20T14:00:00Z' }, { email: 'ada@example.com', pin: 'out' }],
    });
    expect(pinned.body).toEqual({ changed: 2 });
    // Instants are whole milliseconds: what is beyond them makes no other pin.
    const again = { overrides: [{ email: 'bob@example.com', pin: 'in', until: '2026-11-20T15:00:00.000999+01:00' }] };
    expect((await tenant.request('PUT', `/segments/${us.id}/overrides`, again)).body).toEqual({ changed: 0 });
    expect(await members(us.id)).toEqual(['bob@example.com', 'cy@example.com']);
    expect((await history(us.id)).slice(0, 2).map(({ via }) => via)).toEqual(['override', 'override']);
    await service.clock('2026-11-20T14:00:00Z');
    await refresh(us.id);
    expect(await members(us.id)).toEqual(['cy@example.com']);
    await tenant.request('PUT', `/segments/${us.id}/overrides`, { overrides: [{ email: 'ada@example.com', pin: null }] });
    expect(await members(us.id)).toEqual(['ada@example.com', 'cy@example.com']);
    expect((await read(us.id)).contactCount).toBe(2);
  });

  it('are previewed: count, sample, and the difference to a segment', async () => {
    const us = await dynamic('US', from('United States'));
    await refresh(us.id);
    const preview = await tenant.request<{ count: number; exact: boolean; sample: { email: string }[]; wouldAdd: number; wouldRemove: number }>(
      'POST', '/segments/preview', { rules: from('Canada'), segmentId: us.id, exact: true });
    expect(preview.body).toMatchObject({ count: 1, exact: true, wouldAdd: 1, wouldRemove: 2 });
    expect(preview.body.sample.map(({ email }) => email)).toEqual(['bob@example.com']);
  });

  it('are explained with the actual values of a contact', async () => {
    const us = await dynamic('US', from('United States'));
    const { body: { items } } = await tenant.request<List<{ id: string; email: string }>>('GET', '/contacts');
    const bob = items.find(({ email }) => email === 'bob@example.com');
    const explained = await tenant.request<{ matches: boolean; groups: { conditions: object[] }[] }>('GET', `/segments/${us.id}/explain?contactId=${bob?.id}`);
    expect(explained.body.matches).toBe(false);
    expect(explained.body.groups[0]?.conditions[0]).toEqual({
      field: 'contact.country', operator: 'equals', value: 'United States', matches: false, actual: 'Canada',
    });
  });

  it('lose an erased person everywhere, and their sizes stay right', async () => {
    const us = await dynamic('US', from('United States'));
    const list = await make({ name: 'List', type: 'static', emails: ['ada@example.com', 'bob@example.com'] });
    await refresh(us.id);
    const { body: { items } } = await tenant.request<List<{ id: string; email: string }>>('GET', '/contacts');
    const ada = items.find(({ email }) => email === 'ada@example.com');
    expect((await tenant.request('DELETE', `/contacts/${ada?.id}`)).status).toBe(204);
    await refresh(us.id);
    expect(await members(us.id)).toEqual(['cy@example.com']);
    expect((await read(us.id)).contactCount).toBe(1);
    expect((await read(list.id)).contactCount).toBe(1);
    expect((await history(us.id)).map(({ email }) => email)).not.toContain('ada@example.com');
  });

  it('show a cancelled refresh, and a draft or archived one is refused', async () => {
    const draft = await make({ name: 'Draft', type: 'dynamic', status: 'draft', rules: from('Canada') });
    expect(draft.freshness).toBe('stale');
    expect((await tenant.request('POST', `/segments/${draft.id}/refresh`)).status).toBe(409);
    const active = await tenant.request<Segment>('POST', `/segments/${draft.id}/activate`);
    expect(active.body.status).toBe('active');
    const done = await refresh(draft.id);
    expect(done.status).toBe('succeeded');
    expect((await tenant.request('POST', `/refreshes/${done.refreshId}/cancel`)).status).toBe(409);
  });

  it('are copied: a duplicate of the same rules, a frozen list of today\'s members', async () => {
    const us = await dynamic('US', from('United States'));
    await refresh(us.id);
    const copy = await tenant.request<Segment>('POST', `/segments/${us.id}/duplicate`);
    expect(copy.body).toMatchObject({ name: 'US (copy)', type: 'dynamic', ruleText: us.ruleText });
    const frozen = await tenant.request<Segment>('POST', `/segments/${us.id}/freeze`);
    expect(frozen.body).toMatchObject({ name: 'US (frozen)', type: 'static', contactCount: 2 });
    expect(await members(frozen.body.id)).toEqual(['ada@example.com', 'cy@example.com']);
    for (const how of ['duplicate', 'freeze']) {
      expect((await tenant.request<Segment>('POST', `/segments/${us.id}/${how}`, { name: `Of ${how}` })).body.name).toBe(`Of ${how}`);
      for (const [body, path] of [[{ name: '' }, '/name'], [{ name: 'x'.repeat(201) }, '/name'], [{ labels: [] }, '/labels']] as const) {
        expect(await tenant.request('POST', `/segments/${us.id}/${how}`, body)).toMatchObject({ status: 422, body: { errors: [{ path }] } });
      }
    }
  });

  it('are frozen as of this moment, however long ago they were refreshed', async () => {
    const us = await dynamic('US', from('United States'));
    await refresh(us.id);
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'Canada' }, { email: 'di@example.com', country: 'United States' }] });
    const frozen = await tenant.request<Segment>('POST', `/segments/${us.id}/freeze`);
    expect(await members(frozen.body.id)).toEqual(['cy@example.com', 'di@example.com']);
    for (const status of ['draft', 'archived']) {
      const idle = await make({ name: status, type: 'dynamic', status: 'draft', rules: from('Canada') });
      if (status === 'archived') await tenant.request('POST', `/segments/${idle.id}/archive`);
      expect(await tenant.request<Segment>('POST', `/segments/${idle.id}/freeze`)).toMatchObject({ status: 201, body: { contactCount: 0 } });
    }
  });

  it('are listed by filters and in any order', async () => {
    await dynamic('Beta', from('Canada'));
    await make({ name: 'alpha', type: 'static', labels: ['vip'] });
    const names = async (query: string): Promise<string[]> => (await tenant.request<List<Segment>>('GET', `/segments?${query}`)).body.items.map(({ name }) => name);
    expect(await names('type=static')).toEqual(['alpha']);
    expect(await names('label=vip')).toEqual(['alpha']);
    expect(await names('search=BET')).toEqual(['Beta']);
    expect(await names('field=contact.country')).toEqual(['Beta']);
    expect(await names('field=contact.city')).toEqual([]);
    expect(await names('sort=name')).toEqual(['alpha', 'Beta']);
    expect(await names('sort=-name')).toEqual(['Beta', 'alpha']);
    const first = (await tenant.request<List<Segment>>('GET', '/segments?sort=name&limit=1')).body;
    expect(await names(`sort=name&limit=1&cursor=${first.nextCursor}`)).toEqual(['Beta']);
    expect((await tenant.request('GET', `/segments?sort=-name&limit=1&cursor=${first.nextCursor}`)).status).toBe(400);
  });
});

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await check();
      return;
    } catch (error) {
      if (attempt >= 150) throw error;
      await new Promise((done) => { setTimeout(done, 100); });
    }
  }
}
