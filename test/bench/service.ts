import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, type Sql, startEmbeddedPostgres } from '#database';
import type { SegmentDefinition } from '#rules';

const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
const { startService } = await import(built('src/service.js')) as typeof import('../../src/service.js');
const { readConfig } = await import(built('src/config.js')) as typeof import('../../src/config.js');
const { RulesEngineService } = await import(built('src/rules-engine/index.js')) as typeof import('../../src/rules-engine/index.js');

const adminKey = 'the-operator-of-the-benches';

/** The built service on an embedded PostgreSQL of its own, at a moment that stands still, with one tenant. */
export interface BenchService {
  readonly database: Database;
  readonly ownerUrl: string;
  readonly tenantId: string;
  request<Body>(method: string, path: string, body?: object): Promise<Body>;
  /** The members of a definition as the service compiles it. */
  members(definition: SegmentDefinition, ownOverrides?: string): Promise<Sql>;
  stop(): Promise<void>;
}

export async function startBenchService(asOf: Date, say: (line: string) => void): Promise<BenchService> {
  const folder = await mkdtemp(join(tmpdir(), 'contact-segments-bench-'));
  // Where we are root, PostgreSQL's own user has to enter it.
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: folder, log: say });
  const service = await startService(readConfig({
    DATABASE_URL: server.url, PORT: '0', ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'error',
  }), say);
  const call = async <Body>(key: string, method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${service.url ?? ''}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Body;
  };
  await call(adminKey, 'PUT', '/admin/clock', { now: asOf.toISOString() });
  const { id: tenantId, apiKey } = await call<{ id: string; apiKey: string }>(adminKey, 'POST', '/admin/tenants', { name: 'Bench' });
  const engine = service.app.get(RulesEngineService, { strict: false });
  return {
    app: service.app, url: service.url, database: service.database, ownerUrl: server.url, tenantId,
    request: async (method, path, body) => await call(apiKey, method, path, body),
    members: async (definition, ownOverrides) => await service.database.inTenant(tenantId, async (tx) =>
      engine.membersSql(tenantId, engine.ready(definition, await engine.vocabulary(tx)), asOf, ownOverrides)),
    async stop() {
      await service.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
