import { type Database, type Sql, sql, type TenantStatements, type TenantTransaction } from '#database';
import type { SegmentDefinition } from '#rules';

const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const { startService } = await import(built('src/service.js')) as typeof import('../../src/service.js');
const { ManualClock } = await import(built('libs/kernel/src/index.js')) as typeof import('#kernel');
const { readConfig } = await import(built('src/config.js')) as typeof import('../../src/config.js');
const { RulesEngineService } = await import(built('src/rules-engine/index.js')) as typeof import('../../src/rules-engine/index.js');
const { RefreshCycle } = await import(built('src/segments/refresh-cycle.js')) as typeof import('../../src/segments/refresh-cycle.js');

const { RollupService } = await import(built('src/analytics/index.js')) as typeof import('../../src/analytics/index.js');
const { AudienceService } = await import(built('src/campaigns/index.js')) as typeof import('../../src/campaigns/index.js');
const { freezeDecided } = await import(built('src/campaigns/sql/decide-audience.sql.js')) as typeof import('../../src/campaigns/sql/decide-audience.sql.js');

/** Takes a transaction back that was only to be timed. */
class TakenBack extends Error {}

/** What makes a world may take long: a past of 670,000 entries and exits took over a minute on processors that others used too. */
const worldMs = 10 * 60_000;
const adminKey = 'the-operator-of-the-benches';

export interface BenchTenant {
  readonly url: string;
  readonly tenantId: string;
  readonly apiKey: string;
}

/** The built service on a generated tenant, at a moment that stands still until it is moved. */
export interface BenchService {
  readonly database: Database;
  readonly tenantId: string;
  request<Body>(method: string, path: string, body?: object): Promise<Body>;
  /** Rows of a statement, as the service's role sees them. */
  rows<Row>(statement: Sql): Promise<Row[]>;
  inTenant<T>(work: (tx: TenantStatements) => Promise<T>): Promise<T>;
  /** The members of a definition as the service compiles it, while nothing changes. */
  members(definition: SegmentDefinition, asOf: Date, ownOverrides?: string): Promise<Sql>;
  moveClock(to: Date): Promise<void>;
  /** One refresh cycle, from the lock to the commit. */
  cycle(): Promise<void>;
  /** What the nightly job does. */
  rollUp(now: Date): Promise<void>;
  /** What is done of today once somebody has asked for it. */
  rollToday(now: Date): Promise<void>;
  /** Runs a statement, or what `work` runs, and takes it back; how long it took, in milliseconds. */
  takenBack(work: Sql | ((tx: TenantTransaction) => Promise<unknown>)): Promise<number>;
  /** Freezes the recipients of a campaign as a launch does after its segments were made fresh, and takes it back. */
  freeze(campaignId: string, now: Date): Promise<number>;
  stop(): Promise<void>;
}

/** `api`: nothing is refreshed but by `cycle`. `all`: workers are at it, as they are in service. */
export async function startBenchService({ url, tenantId, apiKey }: BenchTenant, role: 'api' | 'all', asOf: Date, say: (line: string) => void): Promise<BenchService> {
  const clock = new ManualClock();
  clock.set(asOf);
  const service = await startService(readConfig({
    DATABASE_URL: url, PORT: '0', ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'error', ROLE: role,
  }), say, clock);
  const call = caller(service.url ?? '');
  const engine = service.app.get(RulesEngineService, { strict: false });
  const inTenant = async <T>(work: (tx: TenantStatements) => Promise<T>): Promise<T> =>
    await service.database.inTenant(tenantId, work, { isolation: 'repeatable read', statementTimeoutMs: worldMs });
  const takenBack: BenchService['takenBack'] = async (work) => {
    let ms = 0;
    await service.database.inTenant(tenantId, async (tx) => {
      // What is written by hand gets as much as a launch.
      await tx.giveMemory();
      const start = performance.now();
      await (typeof work === 'function' ? work(tx) : tx.write(work));
      ms = performance.now() - start;
      throw new TakenBack();
    }).catch((error: unknown) => { if (!(error instanceof TakenBack)) throw error; });
    return ms;
  };
  return {
    database: service.database, tenantId, inTenant,
    request: async (method, path, body) => await call(apiKey, method, path, body),
    rows: async <Row>(statement: Sql) => await inTenant(async (tx) => await tx.rows<Row>(statement)),
    members: async (definition, moment, ownOverrides) => await inTenant(async (tx) => {
      const ready = engine.ready(definition, await engine.vocabulary(tx));
      return engine.membersSql(tenantId, ready, { ...await engine.known(tx, ready, moment), asOf: moment }, ownOverrides);
    }),
    moveClock: async (to) => { await call(adminKey, 'PUT', '/admin/clock', { now: to.toISOString() }); },
    cycle: async () => { await service.app.get(RefreshCycle, { strict: false }).run(tenantId); },
    rollUp: async (now) => { await service.app.get(RollupService, { strict: false }).run(tenantId, now); },
    rollToday: async (now) => { await service.app.get(RollupService, { strict: false }).runToday(tenantId, now); },
    takenBack,
    freeze: async (campaignId, now) => {
      const audiences = service.app.get(AudienceService, { strict: false });
      return await takenBack(async (tx) => {
        const [row] = await tx.rows<{ audience: Parameters<typeof audiences.decision>[2] }>(sql`
          select audience from campaign where tenant_id = ${tenantId}::uuid and id = ${campaignId}::uuid`);
        if (row === undefined) throw new Error('there is no such campaign');
        await tx.rows(freezeDecided(await audiences.decision(tx, campaignId, row.audience, now, 'refreshed'), { at: now, local: null }));
      });
    },
    stop: async () => { await service.stop(); },
  };
}

/** Migrates a database and makes a tenant in it. */
export async function makeTenant(url: string, asOf: Date, say: (line: string) => void): Promise<{ tenantId: string; apiKey: string }> {
  const service = await startService(readConfig({ DATABASE_URL: url, PORT: '0', ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'error', ROLE: 'api' }), say);
  try {
    const call = caller(service.url ?? '');
    await call(adminKey, 'PUT', '/admin/clock', { now: asOf.toISOString() });
    const { id, apiKey } = await call<{ id: string; apiKey: string }>(adminKey, 'POST', '/admin/tenants', { name: 'Bench' });
    return { tenantId: id, apiKey };
  } finally {
    await service.stop();
  }
}

type Call = <Body>(key: string, method: string, path: string, body?: object) => Promise<Body>;

function caller(url: string): Call {
  return async <Body>(key: string, method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Body;
  };
}
