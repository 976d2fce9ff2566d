import pg from 'pg';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { startTestService, type TestService } from '../support/service.js';

interface Segment { id: string; contactCount: number; freshness: string; refreshError: string | null; lastRefresh: { mode: string; added: number } | null }

const scoreAbove = (value: number): object => ({
  match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.lead_score', operator: 'greater_than', value }] }],
});

/** Test 24: one segment always fails, among good ones that share their statements with it. */
describe('A segment whose refresh always fails', () => {
  let service: TestService;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
  });

  afterAll(async () => {
    await owner.end();
    await service.stop();
  });

  it('fails alone and visibly, at the first cycle and at every later one, and heals when the cause is gone', async () => {
    const tenant = await service.tenant();
    const cycle = service.service.app.get(RefreshCycle, { strict: false });
    const ids: string[] = [];
    for (let n = 0; n < 13; n += 1) {
      ids.push((await tenant.request<Segment>('POST', '/segments', { name: `above ${n}`, type: 'dynamic', rules: scoreAbove(n) })).body.id);
    }
    const scored = (score: number): Promise<unknown> =>
      tenant.request('POST', '/contacts/batch', { contacts: Array.from({ length: 10 }, (_, n) => ({ email: `p${n}@example.com`, leadScore: score })) });
    const segments = async (): Promise<Segment[]> => await Promise.all(ids.map(async (id) => (await tenant.request<Segment>('GET', `/segments/${id}`)).body));
    await cycle.run(tenant.id);
    const poisoned = ids[7]!;
    await poison(owner, poisoned);

    await scored(50);
    await cycle.run(tenant.id);
    for (const segment of await segments()) {
      if (segment.id === poisoned) {
        expect(segment).toMatchObject({ freshness: 'failed', contactCount: 0, refreshError: 'The database refused a statement (P0001).' });
      } else {
        expect(segment).toMatchObject({ freshness: 'fresh', contactCount: 10, lastRefresh: { mode: 'incremental', added: 10 } });
      }
    }

    await scored(0);
    await cycle.run(tenant.id);
    const later = await segments();
    expect(later.filter(({ freshness, contactCount }) => freshness === 'fresh' && contactCount === 0)).toHaveLength(12);
    expect(later.find(({ id }) => id === poisoned)?.freshness).toBe('failed');

    await owner.query('drop trigger poison on segment_member');
    await scored(50);
    await tenant.request('POST', `/segments/${poisoned}/refresh`, {});
    await cycle.run(tenant.id);
    for (const segment of await segments()) expect(segment).toMatchObject({ freshness: 'fresh', contactCount: 10 });
    process.stdout.write('runs: 3 cycles with a segment that fails\n');
  });
});

async function poison(owner: pg.Client, segmentId: string): Promise<void> {
  await owner.query('create function poison() returns trigger language plpgsql as $$ begin raise exception \'poisoned\'; end $$');
  // DDL takes no parameters; the id is one that the service has made.
  await owner.query(`create trigger poison before insert on segment_member for each row when (new.segment_id = '${segmentId}') execute function poison()`);
}
