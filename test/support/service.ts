import pg from 'pg';
import { readConfig } from '../../src/config.js';
import { type Service, startService } from '../../src/service.js';
import { createTestDatabase, type TestDatabase } from './database.js';

export const adminKey = 'the-operator-of-the-tests';

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  body: Body;
}

export type Request = <Body = Record<string, never>>(method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer<Body>>;

export interface TestTenant {
  id: string;
  apiKey: string;
  /** A request under `/api/v1` with the tenant's admin key. */
  request: Request;
  /** The same with another key. */
  as(key: string): Request;
}

export interface TestService {
  url: string;
  service: Service;
  databaseUrl: string;
  /** A request under `/api/v1` with the operator's key. */
  admin: Request;
  tenant(name?: string): Promise<TestTenant>;
  /** A request under `/api/v1` with a key, handed to the application in this process, without a line. */
  inProcess(key: string): Request;
  /** Sets the manual clock. */
  clock(now: string | null): Promise<void>;
  /** A session of the database's owner, who sees the rows of all tenants; it is ended when the service stops. */
  owner(): Promise<pg.Client>;
  stop(): Promise<void>;
}

/** The whole service over HTTP, on a database of its own, with a manual clock. It drops the database when it stops. */
export async function startTestService(env: Record<string, string> = {}, own?: TestDatabase): Promise<TestService> {
  const database = own ?? await createTestDatabase();
  const service = await startService(readConfig({
    DATABASE_URL: database.url, PORT: '0', ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'silent', ...env,
  }), () => undefined);
  const url = service.url ?? '';
  const as = (key: string): Request => async (method, path, body, headers) => await send(`${url}/api/v1${path}`, method, key, body, headers);
  const admin = as(adminKey);
  const owners: pg.Client[] = [];
  return {
    url, service, databaseUrl: database.url, admin,
    async tenant(name = 'Acme') {
      const { body } = await admin<{ id: string; apiKey: string }>('POST', '/admin/tenants', { name });
      return { ...body, request: as(body.apiKey), as };
    },
    inProcess: (key) => async (method, path, body, headers) => await inject(service, `/api/v1${path}`, method, key, body, headers),
    async clock(now) {
      await admin('PUT', '/admin/clock', { now });
    },
    async owner() {
      const owner = new pg.Client({ connectionString: database.url, options: '-c timezone=UTC' });
      owners.push(owner);
      await owner.connect();
      return owner;
    },
    async stop() {
      for (const owner of owners) await owner.end();
      await service.stop();
      await database.drop();
    },
  };
}

async function send<Body>(url: string, method: string, key: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' || body instanceof Uint8Array ? body as string | Uint8Array<ArrayBuffer> : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: (json && text !== '' ? JSON.parse(text) : text) as Body };
}

async function inject<Body>({ app }: Service, url: string, method: string, key: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  const answer = await app.inject({
    method: method as 'GET', url, headers: { authorization: `Bearer ${key}`, ...headers }, ...(body === undefined ? {} : { payload: body as object }),
  });
  const json = /[/+]json\b/.test(String(answer.headers['content-type']));
  return { status: answer.statusCode, headers: new Headers(answer.headers as Record<string, string>), body: (json && answer.body !== '' ? JSON.parse(answer.body) : answer.body) as Body };
}
