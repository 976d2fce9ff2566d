import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

/** What the tables hold, read and written beside the interface. */
describe('Beneath contacts', () => {
  let service: TestService;
  let tenant: TestTenant;
  const segmentId = randomUUID();

  const rows = async <Row>(statement: ReturnType<typeof sql>): Promise<Row[]> =>
    await service.service.database.inTenant(tenant.id, async (tx) => await tx.rows<Row>(statement));
  const run = async (...statements: ReturnType<typeof sql>[]): Promise<void> => {
    await service.service.database.inTenant(tenant.id, async (tx) => {
      for (const statement of statements) await tx.write(statement);
    });
  };
  const add = async (email: string, more: object = {}): Promise<string> => (await tenant.request<{ id: string }>('POST', '/contacts', { email, ...more })).body.id;

  // Without a worker, so that no refresh takes the notes away.
  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });
  beforeEach(async () => {
    await service.clock('2026-03-01T12:00:00Z');
    tenant = await service.tenant();
    const at = new Date('2026-02-01T00:00:00Z');
    await run(sql`
      insert into segment (tenant_id, id, name, type, status, created_by, created_at, updated_at)
      values (${tenant.id}::uuid, ${segmentId}::uuid, 'Static', 'static', 'draft', 'test', ${at}, ${at})`);
  });

  it('keeps of an erased person only how many members a day were lost, so that sizes over time stay', async () => {
    const people = [await add('here@example.com'), await add('left@example.com')];
    const change = (contact: string, kind: string, at: string): ReturnType<typeof sql> => sql`
      insert into membership_change (tenant_id, segment_id, contact_id, change, at, via)
      values (${tenant.id}::uuid, ${segmentId}::uuid, ${contact}::uuid, ${kind}, ${at}::timestamptz, 'manual')`;
    const [here = '', left = ''] = people;
    await run(
      change(here, 'entered', '2026-02-01T23:59:00Z'), change(left, 'entered', '2026-02-01T00:00:00Z'), change(left, 'exited', '2026-02-03T00:00:00Z'),
      sql`insert into segment_member (tenant_id, segment_id, contact_id, since) values (${tenant.id}::uuid, ${segmentId}::uuid, ${here}::uuid, ${new Date('2026-02-01T23:59:00Z')})`,
      sql`insert into segment_override (tenant_id, segment_id, contact_id, pin, created_by, created_at)
        values (${tenant.id}::uuid, ${segmentId}::uuid, ${here}::uuid, 'in', 'test', ${new Date('2026-02-01T23:59:00Z')})`,
    );
    await tenant.request('POST', '/events/batch', { events: [{ id: 'e1', type: 'opened', contactId: here, occurredAt: '2026-02-01T00:00:00Z' }] });
    for (const id of people) expect((await tenant.request('DELETE', `/contacts/${id}`)).status).toBe(204);
    expect(await rows(sql`select on_day::text as day, entered::int, exited::int from membership_erased where tenant_id = ${tenant.id}::uuid order by on_day`)).toEqual([
      { day: '2026-02-01', entered: 2, exited: 0 }, { day: '2026-02-03', entered: 0, exited: 1 }, { day: '2026-03-01', entered: 0, exited: 1 },
    ]);
    for (const table of ['contact', 'contact_event', 'contact_engagement', 'segment_member', 'segment_override', 'membership_change']) {
      expect([table, ...await rows(sql`select 1 as found from ${sql.table(table)} where tenant_id = ${tenant.id}::uuid`)]).toEqual([table]);
    }
    expect(await rows(sql`select encode(id_hash, 'hex') as hash from used_event_id where tenant_id = ${tenant.id}::uuid`)).toHaveLength(1);
  });

  it('notes each contact that was made, changed or erased, and none that stayed as it was', async () => {
    const id = await add('noted@example.com');
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'noted@example.com' }, { email: 'second@example.com' }] });
    await tenant.request('PATCH', `/contacts/${id}`, { firstName: 'N' });
    await tenant.request('PATCH', `/contacts/${id}`, { firstName: 'N' });
    await tenant.request('DELETE', `/contacts/${id}`);
    const noted = await rows<{ contact_id: string }>(sql`select contact_id, kind from contact_change where tenant_id = ${tenant.id}::uuid order by seq`);
    expect(noted.map(({ contact_id }) => contact_id === id)).toEqual([true, false, true, true]);
  });

  it('keeps the zone in the database\'s spelling, and recomputes what depends on it', async () => {
    const id = await add('zoned@example.com', { timezone: 'asia/TOKYO' });
    const other = await add('lost@example.com', { timezone: 'Mars/Olympus' });
    await tenant.request('POST', '/events/batch', { events: [{ id: 'z1', type: 'opened', contactId: id, occurredAt: '2026-02-01T20:00:00Z' }] });
    const hour = async (): Promise<unknown> => (await rows<{ hour: number }>(sql`
      select most_common_open_hour as hour from contact_engagement where tenant_id = ${tenant.id}::uuid and contact_id = ${id}::uuid`))[0]?.hour;
    expect(await hour()).toBe(5);
    await tenant.request('PATCH', `/contacts/${id}`, { timezone: 'US/Eastern' });
    expect(await hour()).toBe(15);
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'zoned@example.com', timezone: null }] });
    expect(await hour()).toBe(20);
    await tenant.request('PATCH', `/contacts/${id}`, { timezone: 'europe/istanbul' });
    expect(await rows(sql`select zone, timezone from contact where tenant_id = ${tenant.id}::uuid and id = ${other}::uuid`)).toEqual([{ zone: 'UTC', timezone: 'Mars/Olympus' }]);
    expect(await rows(sql`select zone, timezone from contact where tenant_id = ${tenant.id}::uuid and id = ${id}::uuid`))
      .toEqual([{ zone: 'Europe/Istanbul', timezone: 'europe/istanbul' }]);
  });

  it('refuses to delete a custom field that a segment names, and lists the segments', async () => {
    const { body: field } = await tenant.request<{ id: string }>('POST', '/custom-fields', { key: 'used', label: 'Used', type: 'text' });
    await run(sql`insert into segment_custom_field (tenant_id, segment_id, custom_field_id) values (${tenant.id}::uuid, ${segmentId}::uuid, ${field.id}::uuid)`);
    const refused = await tenant.request<{ dependents: unknown }>('DELETE', `/custom-fields/${field.id}`);
    expect([refused.status, refused.body.dependents]).toEqual([409, [{ id: segmentId, name: 'Static' }]]);
  });

  it('answers every writer of the same people, whatever races', async () => {
    const emails = Array.from({ length: 40 }, (_, index) => `w${index}@example.com`);
    const ids = await Promise.all(emails.slice(0, 20).map(async (email) => await add(email)));
    const answers = await Promise.all(Array.from({ length: 40 }, async (_, n) => {
      const order = n % 2 === 0 ? emails : [...emails].reverse();
      switch (n % 5) {
        case 0: case 1: return await tenant.request('POST', '/contacts/batch', { contacts: order.map((email) => ({ email, addTags: [`t${n}`], timezone: n % 2 === 0 ? 'Asia/Tokyo' : 'UTC' })) });
        case 2: return await tenant.request('POST', '/events/batch', { events: order.map((email, at) => ({ id: `e${n}-${at}`, type: n % 3 === 0 ? 'complained' : 'opened', email, occurredAt: '2026-02-01T00:00:00Z' })) });
        case 3: return await tenant.request('PATCH', `/contacts/${ids[n % 20]}`, { firstName: `F${n}` });
        default: return await tenant.request('DELETE', `/contacts/${ids[(n * 7) % 20]}`);
      }
    }));
    expect(answers.map(({ status }) => status).filter((status) => ![200, 204, 404].includes(status))).toEqual([]);
    const { body } = await tenant.request<{ items: { email: string }[] }>('GET', '/contacts?limit=1000');
    expect(new Set(body.items.map(({ email }) => email)).size).toBe(body.items.length);
  });
});
