import type pg from 'pg';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

interface Outcome { accepted: number; duplicates: number; failed: { index: number; errors: { path: string; code: string }[] }[] }
interface EventItem { id: string; type: string; occurredAt: string; properties: object }
interface Page<Item> { items: Item[]; nextCursor: string | null }

const now = '2026-11-24T12:00:00.000Z';

describe('events', () => {
  let service: TestService;
  let tenant: TestTenant;
  let db: pg.Client;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock(now);
    db = await service.owner();
  });
  beforeEach(async () => { tenant = await service.tenant(); });
  afterAll(async () => {
    await service.stop();
  });

  const contact = async (email: string, more: object = {}): Promise<string> =>
    (await tenant.request<{ id: string }>('POST', '/contacts', { email, ...more })).body.id;
  const send = async (...events: object[]): Promise<Outcome> => {
    const { status, body } = await tenant.request<Outcome>('POST', '/events/batch', { events });
    expect(status).toBe(200);
    return body;
  };
  const eventsOf = async (id: string): Promise<EventItem[]> => (await tenant.request<Page<EventItem>>('GET', `/contacts/${id}/events`)).body.items;
  const figures = async (id: string): Promise<Record<string, unknown> | undefined> =>
    (await db.query('select * from contact_engagement where contact_id = $1', [id])).rows[0] as Record<string, unknown> | undefined;
  const statusOf = async (id: string): Promise<[string, string]> => {
    const { body } = await tenant.request<{ subscriptionStatus: string; updatedAt: string }>('GET', `/contacts/${id}`);
    return [body.subscriptionStatus, body.updatedAt];
  };

  it('are stored once by id, the first valid row winning, and the rows add up', async () => {
    const ada = await contact('ada@example.com');
    const bob = await contact('bob@example.com');
    const at = '2026-11-20T09:30:00Z';
    const rows = [
      { id: 'e1', type: 'opened', email: 'nobody@example.com', occurredAt: at },
      { id: 'e1', type: 'clicked', email: ' ADA@example.com ', occurredAt: at },
      { id: 'e1', type: 'opened', contactId: bob, occurredAt: at },
      { id: 'E1', type: 'opened', contactId: ada.toUpperCase(), email: 'ada@example.com', occurredAt: at },
      { id: 'e2', type: 'opened', contactId: ada, email: 'bob@example.com', occurredAt: at },
    ];
    expect(await send(...rows)).toMatchObject({
      accepted: 2, duplicates: 1,
      failed: [
        { index: 0, errors: [{ path: '/email', code: 'unknown_contact' }] },
        { index: 4, errors: [{ path: '/contactId', code: 'value_invalid' }] },
      ],
    });
    expect(await send(...rows)).toMatchObject({ accepted: 0, duplicates: 3 });
    expect((await eventsOf(ada)).map(({ id, type }) => [id, type])).toEqual([['e1', 'clicked'], ['E1', 'opened']]);
    // A failed row has not used its id up.
    expect(await send({ ...rows[4], contactId: bob })).toMatchObject({ accepted: 1, duplicates: 0, failed: [] });
  });

  it('give the same figures in whatever order and batches they come', async () => {
    const history = [
      { type: 'sent', occurredAt: '2026-11-01T10:00:00Z', campaignId: 'a' },
      { type: 'opened', occurredAt: '2026-11-01T12:00:00Z', campaignId: 'a', device: 'desktop' },
      { type: 'opened', occurredAt: '2026-11-02T12:30:00Z', campaignId: 'b', device: 'mobile' },
      { type: 'sent', occurredAt: '2026-11-02T09:00:00Z', campaignId: 'b' },
      { type: 'clicked', occurredAt: '2026-11-02T12:31:00Z', revenue: 10.25 },
      { type: 'converted', occurredAt: '2026-12-24T18:00:00Z', revenue: -0.3 },
      { type: 'bounced', occurredAt: '2026-10-01T00:00:00Z', properties: { bounceType: 'soft' } },
      { type: 'opened', occurredAt: '2026-11-02T12:30:00Z' },
    ];
    const orders = [history, [...history].reverse(), [...history.slice(5), ...history.slice(0, 5)], [...history.slice(3), ...history.slice(0, 3)]];
    const seen = [];
    for (const [at, order] of orders.entries()) {
      const email = `c${at}@example.com`;
      const id = await contact(email, { timezone: 'Europe/Berlin' });
      const rows = order.map((event) => ({ ...event, id: `${at}-${history.indexOf(event)}`, email }));
      if (at % 2 === 0) await send(...rows);
      else for (const row of rows) await send(row);
      const { contact_id: _contact, ...rest } = await figures(id) ?? {};
      seen.push(rest);
    }
    expect(seen[0]).toMatchObject({
      emails_sent: 2, total_opens: 3, total_clicks: 1, total_conversions: 1, total_bounces: 1, total_revenue: '9.95',
      last_opened_device: 'mobile', most_common_open_hour: 13, most_common_open_weekday: 1, opened_last_email: true,
    });
    for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
  });

  it('raise the subscription status and never lower it, whenever they occurred', async () => {
    const id = await contact('ada@example.com', { subscriptionStatus: 'pending' });
    const raise = async (event: string, type: string, properties?: object): Promise<[string, string]> => {
      await send({ id: event, type, contactId: id, occurredAt: '2020-01-01T00:00:00Z', properties });
      return await statusOf(id);
    };
    const later = '2026-11-25T12:00:00.000Z';
    await service.clock(later);
    expect(await raise('1', 'bounced', { bounceType: 'soft' })).toEqual(['pending', now]);
    expect(await raise('2', 'bounced', { bounceType: null })).toEqual(['bounced', later]);
    await service.clock(now);
    expect(await raise('3', 'bounced', { bounceType: 'hard' })).toEqual(['bounced', later]);
    expect(await raise('4', 'complained')).toEqual(['complained', now]);
    expect(await raise('5', 'unsubscribed')).toEqual(['complained', now]);
    await tenant.request('PATCH', `/contacts/${id}`, { subscriptionStatus: 'active' });
    expect(await raise('5', 'unsubscribed')).toEqual(['active', now]);
    expect(await raise('6', 'unsubscribed')).toEqual(['unsubscribed', now]);
  });

  it('are taken back by the sender\'s id, which stays used up', async () => {
    const id = await contact('ada@example.com');
    const odd = `a/b? é%20${'😀'.repeat(190)}`;
    const event = { id: odd, type: 'opened', contactId: id, occurredAt: '2026-11-20T09:30:00Z' };
    await send(event, { ...event, id: 'other', occurredAt: '2026-11-19T09:30:00Z' });
    const path = `/events/${encodeURIComponent(odd)}`;
    const { body: viewer } = await tenant.request<{ apiKey: string }>('POST', '/api-keys', { name: 'reader', role: 'viewer' });
    expect((await tenant.as(viewer.apiKey)('DELETE', path)).status).toBe(403);
    expect((await tenant.request('DELETE', path)).status).toBe(204);
    expect((await tenant.request('DELETE', path)).status).toBe(404);
    expect(await figures(id)).toMatchObject({ total_opens: 1, latest_event_at: new Date('2026-11-19T09:30:00Z') });
    expect(await send(event)).toEqual({ accepted: 0, duplicates: 1, failed: [] });
    expect((await eventsOf(id)).map((item) => item.id)).toEqual(['other']);
    await tenant.request('DELETE', '/events/other');
    expect(await figures(id)).toBeUndefined();
  });

  it('of an erased person stay used up, and later ones are of an unknown contact', async () => {
    const id = await contact('ada@example.com');
    const event = { id: 'e1', type: 'opened', email: 'ada@example.com', occurredAt: '2026-11-20T09:30:00Z' };
    await send(event);
    expect((await tenant.request('DELETE', `/contacts/${id}`)).status).toBe(204);
    expect(await send({ ...event, id: 'e2' })).toMatchObject({ accepted: 0, failed: [{ index: 0, errors: [{ code: 'unknown_contact' }] }] });
    await contact('ada@example.com');
    expect(await send(event)).toEqual({ accepted: 0, duplicates: 1, failed: [] });
    expect((await db.query('select count(*)::int as n from contact_event where tenant_id = $1', [tenant.id])).rows).toEqual([{ n: 0 }]);
  });

  it('of an own type are stored by the type\'s id: a new type of the key never counts them', async () => {
    const id = await contact('ada@example.com');
    const define = async (): Promise<string> => (await tenant.request<{ id: string }>('POST', '/event-types', { key: 'webinar', label: 'Webinar' })).body.id;
    const event = { id: 'w1', type: 'webinar', contactId: id, occurredAt: '2026-11-20T09:30:00Z' };
    expect(await send(event)).toMatchObject({ failed: [{ errors: [{ path: '/type', code: 'unknown_event' }] }] });
    const first = await define();
    expect(await send(event)).toMatchObject({ accepted: 1 });
    expect(await eventsOf(id)).toMatchObject([{ type: 'webinar' }]);
    expect((await tenant.request('DELETE', `/event-types/${first}`)).status).toBe(204);
    await define();
    expect(await eventsOf(id)).toMatchObject([{ type: first }]);
  });

  it('are listed the latest first, a page at a time, each once', async () => {
    const id = await contact('ada@example.com');
    await send(...Array.from({ length: 7 }, (_, n) => (
      { id: `e${n}`, type: 'opened', contactId: id, occurredAt: `2026-11-${20 + Math.floor(n / 3)}T09:30:00Z` })));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body }: { body: Page<EventItem> } = await tenant.request('GET', `/contacts/${id}/events?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...body.items.map((item) => item.id));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(['e6', 'e5', 'e4', 'e3', 'e2', 'e1', 'e0']);
    const other = await service.tenant('Other');
    expect((await other.request('GET', `/contacts/${id}/events`)).status).toBe(404);
  });

  it('beyond 10,000 are refused as a whole, and a body that is no batch too', async () => {
    const id = await contact('ada@example.com');
    const events = Array.from({ length: 10_001 }, (_, n) => ({ id: `e${n}`, type: 'opened', contactId: id, occurredAt: now }));
    expect((await tenant.request('POST', '/events/batch', { events })).status).toBe(413);
    expect(await eventsOf(id)).toEqual([]);
    const { status, body } = await tenant.request<{ errors: object[] }>('POST', '/events/batch', { rows: [] });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ path: '/rows', code: 'unknown_property' }, { path: '/events', code: 'value_missing' }]);
  });

  it('that come at once, with the same ids and contacts in other orders, neither deadlock nor get lost', async () => {
    const emails = Array.from({ length: 40 }, (_, n) => `c${n}@example.com`);
    for (const email of emails) await contact(email);
    const rows = Array.from({ length: 400 }, (_, n) => (
      { id: `e${n % 200}`, type: 'opened', email: emails[(n * 7) % 40], occurredAt: '2026-11-20T09:30:00Z' }));
    const batches = Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? [...rows.slice(at * 17), ...rows.slice(0, at * 17)] : [...rows].reverse()));
    const outcomes = await Promise.all(batches.map(async (batch) => await send(...batch)));
    expect(outcomes.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(200);
    const { rows: [sum] } = await db.query('select sum(total_opens)::int as opens from contact_engagement where tenant_id = $1', [tenant.id]);
    expect(sum).toEqual({ opens: 200 });
  });
});

describe('event types', () => {
  let service: TestService;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService();
    tenant = await service.tenant();
  });
  afterAll(async () => { await service.stop(); });

  it('are defined once by key, beside the nine, by an admin', async () => {
    const type = { key: 'webinar', label: 'Webinar', properties: { plan: 'string', seats: 'number' } };
    const made = await tenant.request<{ id: string }>('POST', '/event-types', type, { 'idempotency-key': 'k' });
    expect(made).toMatchObject({ status: 201, body: type });
    expect((await tenant.request('POST', '/event-types', type, { 'idempotency-key': 'k' })).body).toEqual(made.body);
    expect((await tenant.request('POST', '/event-types', type)).status).toBe(409);
    expect((await tenant.request('POST', '/event-types', { ...type, key: 'opened' })).status).toBe(422);
    expect((await tenant.request('POST', '/event-types', { ...type, key: 'Big' })).status).toBe(422);
    expect((await tenant.request('POST', '/event-types', { key: 'x', label: 'X', properties: { a: 'date' } })).body)
      .toMatchObject({ status: 422, errors: [{ path: '/properties/a', code: 'value_invalid' }] });
    expect((await tenant.request('POST', '/event-types', { key: 'x', label: 'X', properties: { constructor: 'string' } })).body)
      .toMatchObject({ status: 422, errors: [{ path: '/properties/constructor', code: 'value_invalid' }] });
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    for (const label of ['{"constructor":"x"}', '[{"constructor":{}}]', deep]) {
      expect((await tenant.request('POST', '/event-types', `{"key":"x","label":${label},"properties":{}}`)).status).toBe(422);
      expect((await tenant.request('POST', '/event-types', `{"key":"x","label":"X","properties":{"a":${label}}}`)).status).toBe(422);
    }
    const { body: editor } = await tenant.request<{ apiKey: string }>('POST', '/api-keys', { name: 'writer', role: 'editor' });
    expect((await tenant.as(editor.apiKey)('POST', '/event-types', { key: 'y', label: 'Y' })).status).toBe(403);
  });

  it('change label and declared properties, never the key', async () => {
    const { body } = await tenant.request<{ id: string }>('POST', '/event-types', { key: 'demo', label: 'Demo' });
    const path = `/event-types/${body.id}`;
    expect((await tenant.request('PATCH', path, { label: 'A demo', properties: { seats: 'number' } })).body)
      .toMatchObject({ key: 'demo', label: 'A demo', properties: { seats: 'number' } });
    expect((await tenant.request('PATCH', path, { key: 'other' })).status).toBe(422);
    expect((await tenant.request('GET', path)).body).toMatchObject({ label: 'A demo', properties: { seats: 'number' } });
  });

  it('stay while a segment names them', async () => {
    const { body: type } = await tenant.request<{ id: string }>('POST', '/event-types', { key: 'used', label: 'Used' });
    const { body: segment } = await tenant.request<{ id: string }>('POST', '/segments', {
      name: 'Users', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ event: 'used' }] }] },
    });
    expect(await tenant.request('DELETE', `/event-types/${type.id}`))
      .toMatchObject({ status: 409, body: { dependents: [{ id: segment.id, name: 'Users' }] } });
    expect((await tenant.request('DELETE', `/segments/${segment.id}`)).status).toBe(204);
    expect((await tenant.request('DELETE', `/event-types/${type.id}`)).status).toBe(204);
    expect((await tenant.request('GET', `/event-types/${type.id}`)).status).toBe(404);
  });
});
