import { Database, sql } from '#database';
import { newId } from '#kernel';
import { RefreshService } from '../../src/segments/refresh.service.js';
import { startTestService, type TestService } from '../support/service.js';

describe('Refreshes that changed nobody', () => {
  let service: TestService;
  beforeAll(async () => { service = await startTestService({ ROLE: 'api' }); });
  afterAll(async () => { await service.stop(); });

  it('are forgotten but for the latest hundred of each segment; those that the history names stay', async () => {
    const tenant = await service.tenant();
    const database = service.service.app.get(Database, { strict: false });
    const refreshes = service.service.app.get(RefreshService, { strict: false });
    const segments: string[] = [];
    for (const name of ['one', 'other']) {
      segments.push((await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules: { match: 'all', groups: [] } })).body.id);
    }
    const insert = async (segmentId: string, count: number, added: number): Promise<string[]> => {
      const ids = Array.from({ length: count }, () => newId());
      await database.inTenant(tenant.id, async (tx) => await tx.write(sql`
        insert into segment_refresh (tenant_id, id, segment_id, status, mode, added, removed, created_at)
        select ${tenant.id}::uuid, id, ${segmentId}::uuid, 'succeeded', 'incremental', ${added}, 0, '2026-01-01' from unnest(${ids}::uuid[]) as id`));
      return ids;
    };
    const named = await insert(segments[0]!, 3, 1);
    const idle = await insert(segments[0]!, 130, 0);
    const others = await insert(segments[1]!, 70, 0);

    expect(await refreshes.forgetIdle(tenant.id)).toBe(30);

    const left = await database.inTenant(tenant.id, async (tx) => await tx.rows<{ id: string }>(sql`
      select id from segment_refresh where tenant_id = ${tenant.id}::uuid and status = 'succeeded'`));
    expect(left.map(({ id }) => id).sort()).toEqual([...named, ...idle.slice(30), ...others].sort());
  });
});
