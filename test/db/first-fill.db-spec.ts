import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { recount } from '../support/tally.js';
import { asOwner } from '../support/tenant-world.js';

const contacts = 20_000;

/**
 * Right after a first load the planner knows the rows that a refresh made it count, and expects one of whatever else there is.
 * A plan that compares all with all takes far longer then than a statement may.
 */
describe('What is asked of a segment right after its first fill', () => {
  let service: TestService;
  let tenant: TestTenant;
  let segment: string;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api', DATABASE_STATEMENT_SECONDS: '10' });
    await service.clock('2026-05-20T07:00:00Z');
    tenant = await service.tenant();
    await asOwner(service.databaseUrl, async (owner) => {
      // Not to depend on when it comes by.
      for (const table of ['contact', 'contact_event', 'segment_member', 'membership_change']) await owner.query(`alter table ${table} set (autovacuum_enabled = off)`);
      await owner.query('begin');
      await owner.query('select set_config(\'app.tenant_id\', $1, true)', [tenant.id]);
      await owner.query(`insert into contact (tenant_id, id, email, created_at, updated_at)
        select $1::uuid, md5(n::text)::uuid, n || '@example.com', '2026-01-01', '2026-01-01' from generate_series(1, $2::int) as n`, [tenant.id, contacts]);
      // This morning everybody will be sent something, open it and buy.
      await owner.query(`insert into contact_event (tenant_id, id, contact_id, type, campaign_id, occurred_at, received_at)
        select $1::uuid, type || n, md5(n::text)::uuid, type, 'c', '2026-05-20T08:00:00Z', '2026-05-20T07:00:00Z'
        from generate_series(1, $2::int) as n, unnest(array['sent', 'delivered', 'opened', 'converted']) as type`, [tenant.id, contacts]);
      await recount(owner, tenant.id);
      await owner.query('commit');
    });
    segment = (await tenant.request<{ id: string }>('POST', '/segments', {
      name: 'all', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.email', operator: 'is_set' }] }] },
    })).body.id;
    await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id);
    await service.clock('2026-05-20T12:00:00Z');
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  const read = async <Body>(path: string): Promise<Body> => {
    const { status, body } = await tenant.request<Body>('GET', `/segments/${segment}/${path}`);
    expect({ path, status, body: status === 200 ? null : body }).toEqual({ path, status: 200, body: null });
    return body;
  };

  it('is answered: cohorts', async () => {
    for (const by of ['entry', 'firstConversion']) {
      const { cohorts } = await read<{ cohorts: { size: number; weeks: { retained: number; converted: number }[] }[] }>(`cohorts?by=${by}`);
      expect(cohorts).toMatchObject([{ size: contacts, weeks: [{ retained: contacts, converted: contacts }] }]);
    }
  }, 60_000);

  it('is answered: a day that is not rolled up', async () => {
    const { totals } = await read<{ totals: object }>('analytics?from=2026-05-20');
    expect(totals).toMatchObject({ sends: contacts, deliveries: contacts, uniqueOpens: contacts, conversions: contacts });
  }, 60_000);

  it('is answered: a funnel over the day of the fill', async () => {
    const { steps } = await read<{ steps: { messages: number }[] }>('funnel?from=2026-05-20');
    expect(steps.map(({ messages }) => messages)).toEqual([contacts, contacts, contacts, contacts, contacts]);
  }, 60_000);

  it('is answered: RFM and a profile', async () => {
    expect(await read('rfm')).toMatchObject({ customers: contacts });
    expect(await read('profile')).toMatchObject({ members: contacts });
  }, 60_000);
});
