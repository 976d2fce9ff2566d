import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { Database, sql, type TenantStatements } from '#database';
import { readConfig } from '../../src/config.js';
import { RulesEngineService } from '../../src/rules-engine/index.js';
import type { EvaluatedPart } from '../../src/segments/reconcile-candidates.js';
import { RefreshCycle } from '../../src/segments/refresh-cycle.js';
import { tellingTimes } from '../../src/segments/slow-segments.js';
import { withStatements } from '../support/broken-build.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { checkSettled } from '../support/settled.js';

interface Line { msg: string; segments: string[]; count: number; ms: number; slowest?: { segment: string; ms: number }[]; measured?: number; sample?: number }

const one = (condition: object): object => ({ match: 'all', groups: [{ match: 'all', conditions: [condition] }] });
const scoreAbove = (value: number): object => one({ field: 'contact.lead_score', operator: 'greater_than', value });
const openedOnFewDays = (days: number): object => one({ event: 'opened', measure: 'distinct_days', count: { operator: 'less_than', value: days } });
const people = Array.from({ length: 500 }, (_, n) => `p${n}@example.com`);
const quick = 20;

describe('A slow statement of many segments', () => {
  let service: TestService;
  let owner: pg.Client;
  let tenant: TestTenant;
  let quickIds: string[];

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api', SLOW_REFRESH_SECONDS: '1' });
    await service.clock('2026-05-01T12:00:00Z');
    owner = await service.owner();
    await owner.query(`create function contested() returns integer language plpgsql as $$ begin raise exception 'contested' using errcode = '40001'; end $$`);
  });
  beforeEach(async () => {
    tenant = await service.tenant();
    await scored(0);
    await tenant.request('POST', '/events/batch', { events: people.map((email) => ({ id: email, type: 'opened', email, occurredAt: '2026-04-10T00:00:00Z' })) });
    quickIds = [];
    // A few have members: what is slow is not to be the writing of them.
    for (let n = 0; n < quick; n += 1) quickIds.push(await make(`above ${n}`, scoreAbove(n < 3 ? n : 1000)));
  });
  afterEach(async () => { await owner.query('drop policy if exists slow on contact_event'); });
  afterAll(async () => { await service.stop(); });

  const make = async (name: string, rules: object): Promise<string> => (await tenant.request<{ id: string }>('POST', '/segments', { name, type: 'dynamic', rules })).body.id;
  const scored = async (leadScore: number): Promise<void> => { await tenant.request('POST', '/contacts/batch', { contacts: people.map((email) => ({ email, leadScore })) }); };
  const cycle = async (): Promise<void> => { await service.service.app.get(RefreshCycle, { strict: false }).run(tenant.id); };
  /** From here on, each event takes so long to read. */
  const slowDown = async (seconds: number): Promise<void> => {
    await owner.query(`create policy slow on contact_event as restrictive using (tenant_id <> '${tenant.id}' or pg_sleep(${seconds})::text = '')`);
  };
  /** What the log says of slow refreshes while the work is done. */
  const told = async (work: () => Promise<void>): Promise<Line[]> => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      await work();
      return warned.mock.calls.map(([line]) => line as unknown as Line).filter(({ msg }) => msg === 'a refresh was slow');
    } finally {
      warned.mockRestore();
    }
  };

  it('is told with the segment that makes it slow in front, and leaves the members that it should', async () => {
    const slow = await make('opened on few days', openedOnFewDays(9));
    await cycle();
    // Five hundred of them are 1.5 s, and two hundred less than the limit of one segment.
    await slowDown(0.003);
    await scored(60);
    const [line, ...others] = await told(cycle);
    await owner.query('drop policy slow on contact_event');
    expect(others).toEqual([]);
    expect(line).toMatchObject({ count: quick + 1, measured: quick + 1, sample: 200 });
    expect(line!.slowest).toHaveLength(5);
    const [first, second] = line!.slowest!;
    expect(first!.segment).toBe(slow);
    expect(first!.ms).toBeGreaterThan(500);
    expect(second!.ms).toBeLessThan(first!.ms / 2);
    await checkSettled(tenant, [slow, quickIds[0]!, quickIds.at(-1)!]);
    expect(await failures()).toEqual([]);
  }, 120_000);

  it('is measured for a few seconds at most, however many of its segments are slow', async () => {
    const slow: string[] = [];
    for (let days = 2; days < 10; days += 1) slow.push(await make(`opened on less than ${days}`, openedOnFewDays(days)));
    await cycle();
    await slowDown(0.006);
    await scored(60);
    const [line] = await told(cycle);
    await owner.query('drop policy slow on contact_event');
    expect(line!.measured).toBeLessThan(quick + slow.length);
    expect(slow).toEqual(expect.arrayContaining(line!.slowest!.map(({ segment }) => segment).slice(0, 3)));
    await checkSettled(tenant, [slow[0]!, quickIds[0]!]);
    expect(await failures()).toEqual([]);
  }, 120_000);

  it.each([
    ['a segment', 'count(*) as verdicts', 'count(*) + contested() as verdicts', { slowest: expect.any(Array), measured: expect.any(Number), sample: 200 }],
    ['the sample', 'insert into refresh_sample', 'insert into no_such_table', {}],
  ])('is told and refreshed where %s cannot be measured', async (_, of, instead, said) => {
    const slow = await make('opened on few days', openedOnFewDays(9));
    await cycle();
    await slowDown(0.003);
    await scored(60);
    const lines = await told(async () => { await withStatements((text) => text.replace(of, instead), cycle); });
    await owner.query('drop policy slow on contact_event');
    expect(lines).toEqual([{ msg: 'a refresh was slow', mode: 'incremental', tenant: tenant.id, segments: expect.any(Array), count: quick + 1, ms: expect.any(Number), ...said }]);
    // That one may have been ended by its limit before it failed.
    expect((lines[0]!.slowest ?? []).filter(({ segment }) => segment !== slow)).toEqual([]);
    await checkSettled(tenant, [slow, quickIds[0]!]);
    expect(await failures()).toEqual([]);
  }, 120_000);

  it('leaves the limit of the statements that follow, and no table; where nothing was slow, nothing is measured', async () => {
    const find = <T>(type: new (...parts: never[]) => T): T => service.service.app.get(type, { strict: false });
    const engine = find(RulesEngineService);
    const limit = async (tx: TenantStatements): Promise<unknown> => await tx.row(sql`select current_setting('statement_timeout') as limit, to_regclass('refresh_sample') as sample`);
    await find(Database).inTenant(tenant.id, async (tx) => {
      await tx.limitStatements(12_345);
      const before = await limit(tx);
      const ready = await engine.readyIn(tx, scoreAbove(1) as Parameters<typeof engine.readyIn>[1]);
      const live = quickIds.map((id) => ({ id, rulesVersion: 1, asOf: new Date(0), ready, refreshId: id }));
      const tell = tellingTimes(readConfig({ SLOW_REFRESH_SECONDS: '1' }), { tx, engine, moment: { ...await engine.known(tx), asOf: new Date('2026-05-01T12:00:00Z') } });
      const candidates = sql`select id as contact_id from contact where tenant_id = ${tenant.id}::uuid`;
      const measurements = async (part: EvaluatedPart, ms: number): Promise<object> => {
        let sent = 0;
        const lines = await told(async () => {
          await withStatements((text) => {
            if (text.startsWith('select count(*) as verdicts')) sent += 1;
            return text;
          }, async () => { await tell(part, ms); });
        });
        return { sent, lines };
      };
      expect(await measurements({ live, candidates }, 999)).toEqual({ sent: 0, lines: [] });
      expect(await measurements({ live: live.slice(0, 1), candidates }, 1000)).toEqual({ sent: 0, lines: [expect.not.objectContaining({ measured: 1 })] });
      expect(await measurements({ live, candidates }, 1000)).toEqual({ sent: quick, lines: [expect.objectContaining({ measured: quick, sample: 200 })] });
      expect(await limit(tx)).toEqual(before);
    });
  });

  const failures = async (): Promise<unknown[]> => (await owner.query(`select error from segment_refresh where tenant_id = $1 and status = 'failed'`, [tenant.id])).rows;
});
