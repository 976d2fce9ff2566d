import type pg from 'pg';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { historyFaults } from '../support/derived-faults.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const rules = { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'France' }] }] };

/** What holds the history to members and refreshes in the tests of faults and properties must itself be able to fail. */
describe('The faults of a history', () => {
  let service: TestService;
  let owner: pg.Client;
  let tenant: TestTenant;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    owner = await service.owner();
    tenant = await service.tenant();
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    const countries = async (...of: string[]): Promise<void> => {
      await tenant.request('POST', '/contacts/batch', { contacts: of.map((country, n) => ({ email: `p${n}@example.com`, country })) });
    };
    await countries('France', 'France', 'Chad');
    const { body: { id } } = await tenant.request<{ id: string }>('POST', '/segments', { name: 'France', type: 'dynamic', rules });
    await tenant.request('POST', '/segments', { name: 'list', type: 'static', emails: ['p0@example.com'] });
    await cycle.run(tenant.id);
    await countries('France', 'Chad', 'France');
    await cycle.run(tenant.id);
    await tenant.request('PUT', `/segments/${id}/overrides`, { overrides: [{ email: 'p1@example.com', pin: 'in' }] });
    await cycle.run(tenant.id);
  });
  afterAll(async () => {
    await service.stop();
  });

  const faultsAfter = async (statement: string): Promise<[number, number]> => {
    await owner.query('begin');
    try {
      await owner.query(statement);
      return [await historyFaults(owner, tenant.id), await historyFaults(owner, tenant.id, { nobodyErased: true })];
    } finally {
      await owner.query('rollback');
    }
  };

  it('are none where entries, members and refreshes tell the same', async () => {
    expect(await faultsAfter('select 1')).toEqual([0, 0]);
  });

  it.each([
    ['a member of whom nothing is told', `insert into segment_member (tenant_id, segment_id, contact_id, since) select tenant_id, segment_id, gen_random_uuid(), since from segment_member limit 1`],
    ['one who is lost', `delete from segment_member where ctid = (select ctid from segment_member limit 1)`],
    ['an entry that nobody made', `update membership_change set by = null where ctid = (select ctid from membership_change where refresh_id is null limit 1)`],
    ['an entry of a refresh that there is not', `update membership_change set refresh_id = gen_random_uuid() where ctid = (select ctid from membership_change where refresh_id is not null limit 1)`],
    ['entries of a refresh that failed', `update segment_refresh set status = 'failed' where id in (select refresh_id from membership_change)`],
    ['a refresh that told of fewer', `update segment_refresh set added = added - 1 where added > 0`],
    ['an entry that comes twice', `insert into membership_change (tenant_id, segment_id, contact_id, change, at, via, refresh_id) select tenant_id, segment_id, contact_id, change, at, via, refresh_id from membership_change limit 1`],
  ])('are found: %s', async (_, statement) => {
    for (const faults of await faultsAfter(statement)) expect(faults).toBeGreaterThan(0);
  });

  it('are found where a refresh told of more, unless somebody may have been erased', async () => {
    const [erased, none] = await faultsAfter('update segment_refresh set removed = removed + 1 where removed > 0');
    expect(erased).toBe(0);
    expect(none).toBeGreaterThan(0);
  });
});
