import type pg from 'pg';
import { isHonest, Log, MixedLoad } from '../support/mixed-load.js';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService } from '../support/service.js';

/** What the tests of faults rest on: that it finds what a broken service would leave behind, or say. */
describe('What a load must find afterwards', () => {
  let service: TestService;
  let owner: pg.Client;
  let load: MixedLoad;

  beforeAll(async () => {
    service = await startTestService();
    await service.clock('2026-05-01T12:00:00Z');
    load = new MixedLoad(service, [await service.tenant(), await service.tenant('Other')]);
    owner = await service.owner();
    const toDamage = async (): Promise<number | null> => (await owner.query(`
      select from segment s join segment_edit e on e.segment_id = s.id and ${editedFrom} where exists (select from segment_member)`)).rowCount;
    await load.during(async () => { await until(toDamage, (count) => count !== 0, 60_000); });
    await load.check(owner);
  }, 120_000);
  afterAll(async () => { await service.stop(); });

  const oneOf = (table: string, where = 'true'): string => `(select ctid from ${table} where ${where} limit 1)`;
  const editedFrom = 'e.rules is distinct from s.rules and e.rules is not null';
  const damages = {
    'a contact that was acknowledged and is lost': `delete from contact where ctid = ${oneOf('contact', 'not exists (select from contact_event e where e.contact_id = contact.id)')}`,
    'an event that was acknowledged and is lost': `delete from contact_event where ctid = ${oneOf('contact_event')}`,
    'a segment that was acknowledged and is lost': `delete from segment where ctid = ${oneOf('segment')}`,
    'a change that was acknowledged and is lost': `update contact set country = 'Nowhere' where ctid = ${oneOf('contact')}`,
    'an edit of rules that was acknowledged and is lost': `update segment s set rules = e.rules from segment_edit e where e.segment_id = s.id and ${editedFrom}
      and e.ctid = (select e.ctid from segment_edit e join segment s on s.id = e.segment_id where ${editedFrom} limit 1)`,
    'a figure that counts an event twice': `update contact_engagement set total_opens = total_opens + 1 where ctid = ${oneOf('contact_engagement', 'total_opens > 0')}`,
    'a member whose entry is not in the history': `delete from membership_change where ctid = ${oneOf('membership_change')}`,
    'a member who is gone and has not left': `delete from segment_member where ctid = ${oneOf('segment_member')}`,
  };

  it.each(Object.entries(damages))('is found to be at fault: %s', async (_, damage) => {
    await owner.query('begin');
    try {
      const { rowCount } = await owner.query(damage);
      expect(rowCount).toBe(1);
      await expect(load.check(owner)).rejects.toThrow();
    } finally {
      await owner.query('rollback');
    }
  }, 60_000);

  it('is all of a request or nothing of it, where its answer did not come', () => {
    const log = new Log();
    log.note(['a', 'b'], true);
    log.note(['c', 'd'], false);
    log.note(['e', 'f'], false);
    expect(log.faults(new Set(['a', 'b', 'c', 'd']))).toEqual({ lost: [], torn: [] });
    expect(log.faults(new Set(['a', 'c']))).toEqual({ lost: ['b'], torn: [['c', 'd']] });
  });

  it.each([
    ['a 500', 500, { type: '/problems/internal', status: 500 }],
    ['a 503 that tells of the inside', 503, { type: '/problems/unavailable', status: 503, detail: 'terminating connection due to administrator command' }],
    ['a 503 that says that it is a 409', 503, { type: '/problems/conflict', status: 409 }],
    ['a 404 that is no problem document', 404, { message: 'Not found' }],
    ['no answer at all', 0, { cut: 'other side closed' }],
  ])('holds no answer for honest that is %s', (_, status, body) => {
    expect(isHonest(status, JSON.stringify(body))).toBe(false);
    expect(isHonest(503, JSON.stringify({ type: '/problems/unavailable', status: 503, detail: 'The database is away.' }))).toBe(true);
  });
});
