import type pg from 'pg';
import { Database } from '#database';
import { foldTally } from '../../src/contacts/index.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { counted } from '../support/tally.js';

/** Estimates, full refreshes and candidates go by it: it is right in any snapshot, whoever wrote last. */
describe('How many contacts a tenant has', () => {
  let service: TestService;
  let tenant: TestTenant;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    tenant = await service.tenant();
    owner = await service.owner();
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  const batch = async (...names: string[]): Promise<{ results: { id: string }[] }> =>
    (await tenant.request<{ results: { id: string }[] }>('POST', '/contacts/batch', { contacts: names.map((name) => ({ email: `${name}@example.com`, company: 'Acme' })) })).body;
  const create = async (name: string): Promise<string> => (await tenant.request<{ id: string }>('POST', '/contacts', { email: `${name}@example.com` })).body.id;
  const fold = async (most: number, meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> => {
    await service.service.app.get(Database, { strict: false }).inTenant(tenant.id, async (tx) => {
      await tx.rows(foldTally(tenant.id, most));
      await meanwhile();
    }, { isolation: 'repeatable read' });
  };

  it('is known without counting: of those who were made, made again, refused, erased and merged', async () => {
    await batch('a', 'b', 'c', 'b');
    await batch('c', 'd');
    const [e, f, g] = [await create('e'), await create('f'), await create('g')];
    expect((await tenant.request('POST', '/contacts', { email: 'e@example.com' })).status).toBe(409);
    expect(await counted(owner, tenant.id)).toMatchObject({ contacts: 7, tallied: 7 });
    expect((await tenant.request('DELETE', `/contacts/${e}`)).status).toBe(204);
    expect((await tenant.request('DELETE', `/contacts/${e}`)).status).toBe(404);
    expect(await counted(owner, tenant.id)).toMatchObject({ contacts: 6, tallied: 6 });
    expect((await tenant.request('POST', `/contacts/${f}/merge`, { contactId: g })).status).toBe(200);
    expect(await counted(owner, tenant.id)).toMatchObject({ contacts: 5, tallied: 5 });
  });

  it('is folded into one row once rows are many, and those of a writer who commits meanwhile stay', async () => {
    const { rows, contacts } = await counted(owner, tenant.id);
    expect(rows).toBeGreaterThan(1);
    await fold(rows);
    expect((await counted(owner, tenant.id)).rows).toBe(rows);
    await fold(rows - 1, async () => { await create('h'); });
    expect(await counted(owner, tenant.id)).toEqual({ contacts: contacts + 1, tallied: contacts + 1, rows: 2 });
  });

  it('is folded by a cycle that finds more than a thousand rows', async () => {
    const { contacts } = await counted(owner, tenant.id);
    await owner.query('insert into contact_tally (tenant_id, contacts) select $1, (n % 2) * 2 - 1 from generate_series(1, 1000) n', [tenant.id]);
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    expect(await counted(owner, tenant.id)).toEqual({ contacts, tallied: contacts, rows: 1 });
  });
});
