import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/queue-contract.js';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js';
import { adminKey } from '../support/service.js';

interface Told { status: number; text: string; body: { id: string; apiKey: string } }

const secretOf = (key: string): string => key.slice(key.lastIndexOf('_', key.length - 33) + 1);
const wrongKeys = 3000;

/** Test 31. */
describe('API keys', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let service: ServiceProcess;
  /** Every byte that was answered, but for the answers that show a new key. */
  let answered = '';

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    service = await startServiceProcess({ DATABASE_URL: database.url, ADMIN_API_KEY: adminKey, LOG_LEVEL: 'trace', CLOCK: 'manual', ROLE: 'api', RATE_LIMIT_WRONG_KEYS: '500' });
  });
  afterAll(async () => {
    await service.stop();
    await owner.end();
    await database.drop();
  });

  const send = async (key: string | null, method: string, path: string, body?: object): Promise<Told> => {
    const answer = await fetch(`${service.url}${path}`, {
      method, headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!text.includes('"apiKey"')) answered += `${text} ${JSON.stringify([...answer.headers])}\n`;
    return { status: answer.status, text, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Told['body'] };
  };
  const tenant = async (): Promise<{ id: string; apiKey: string }> => (await send(adminKey, 'POST', '/api/v1/admin/tenants', { name: 'Acme' })).body;
  const make = async (by: string, expiresAt: string | null = null): Promise<{ id: string; apiKey: string }> =>
    (await send(by, 'POST', '/api/v1/api-keys', { name: 'sync', role: 'admin', expiresAt })).body;

  it('have 192 bits, are stored as their SHA-256 alone, and stand in no answer and no line of the log, be they right, wrong, revoked, expired or in the wrong place', async () => {
    await send(adminKey, 'PUT', '/api/v1/admin/clock', { now: '2026-03-01T00:00:00Z' });
    const { id: tenantId, apiKey } = await tenant();
    const [right, revoked, expired] = [await make(apiKey), await make(apiKey), await make(apiKey, '2026-03-02T00:00:00Z')];
    const wrong = `sk_${tenantId}_${randomBytes(24).toString('base64url')}`;
    const rotated = (await send(apiKey, 'POST', `/api/v1/api-keys/${right.id}/rotate`, {})).body.apiKey;
    expect((await send(apiKey, 'DELETE', `/api/v1/api-keys/${revoked.id}`)).status).toBe(204);
    await send(adminKey, 'PUT', '/api/v1/admin/clock', { now: '2026-03-02T00:00:00Z' });
    const statuses: Record<string, number> = {};
    for (const [what, key] of Object.entries({ first: apiKey, right: right.apiKey, rotated, wrong, revoked: revoked.apiKey, expired: expired.apiKey })) {
      statuses[what] = (await send(key, 'GET', '/api/v1/segments')).status;
      for (const path of [`/api/v1/segments?apiKey=${key}`, `/api/v1/segments/${key}`, `/api/v1/${key}`, `/${key}`]) await send(null, 'GET', path);
      for (const path of [`/api/v1/segments?apiKey=${key}`, `/api/v1/contacts?search=${key}`]) await send(key, 'GET', path);
      await send(`${key}.${key}.${key}`, 'POST', '/api/v1/contacts/batch', { contacts: [] });
      await send(key, 'GET', '/api/v1/admin/clock');
    }
    expect(statuses).toEqual({ first: 200, right: 401, rotated: 200, wrong: 401, revoked: 401, expired: 401 });

    const keys = [apiKey, right.apiKey, rotated, revoked.apiKey, expired.apiKey];
    const secrets = keys.map(secretOf);
    expect(secrets.map((secret) => Buffer.from(secret, 'base64url').length)).toEqual([24, 24, 24, 24, 24]);
    expect(new Set(secrets.flatMap((secret) => [0, 8, 16].map((from) => secret.slice(from, from + 8)))).size).toBe(15);
    const { rows } = await owner.query<{ secret_hash: Buffer }>('select secret_hash from api_key where tenant_id = $1', [tenantId]);
    expect(rows.map(({ secret_hash: hash }) => hash.toString('hex')).sort()).toEqual(secrets.map((secret) => createHash('sha256').update(secret).digest('hex')).sort());

    await until(() => service.said(), (said) => said.split('request completed').length > 40);
    const stored = await everything(owner);
    for (const secret of [...secrets, secretOf(wrong), adminKey]) {
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), Buffer.from(secret, 'base64url').toString('hex')]) {
        expect({ form, log: service.said().includes(form), answers: answered.includes(form), database: stored.includes(form) }).toEqual({ form, log: false, answers: false, database: false });
      }
    }
  });

  it('that are wrong, by the thousand, cost one look at an index each and are 401 or 429, while another tenant\'s key is good', async () => {
    const [victim, other] = [await tenant(), await tenant()];
    // So many that reading them through would cost more than the index.
    await owner.query('begin');
    await owner.query(`set local app.tenant_id = '${victim.id}'`);
    await owner.query(`insert into api_key (tenant_id, id, name, role, secret_hash, created_at)
      select $1::uuid, gen_random_uuid(), 'key', 'viewer', sha256(n::text::bytea), '2026-01-01' from generate_series(1, 5000) n`, [victim.id]);
    await owner.query('commit');
    await owner.query('analyze api_key');
    const looks = async (): Promise<{ index: number; through: number }> => (await owner.query<{ index: number; through: number }>(`
      select idx_scan::int as index, seq_scan::int as through from pg_stat_user_tables where relname = 'api_key'`)).rows[0]!;
    // What was counted before arrives with the next statements of each session, or a second later.
    await send(other.apiKey, 'GET', '/api/v1/segments');
    const before = await looks();
    const statuses = new Map<number, number>();
    let good = 0;
    const flood = Array.from({ length: 20 }, async (_, client) => {
      for (let n = client; n < wrongKeys; n += 20) {
        const { status } = await send(`sk_${victim.id}_${randomBytes(24).toString('base64url')}`, 'GET', '/api/v1/segments');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    const refused: number[] = [];
    let flooding = true;
    const served = (async () => {
      for (; flooding; good += 1) {
        const { status } = await send(other.apiKey, 'GET', '/api/v1/segments');
        if (status !== 200) refused.push(status);
      }
    })();
    await Promise.all(flood);
    flooding = false;
    await served;
    expect([...statuses.keys()].sort()).toEqual([401, 429]);
    expect({ refused, served: good > 0 }).toEqual({ refused: [], served: true });
    const after = await looks();
    expect(after.index - before.index).toBeLessThanOrEqual(wrongKeys + good + 10);
    expect(after.through - before.through).toBeLessThanOrEqual(10);
    process.stdout.write(`runs: ${wrongKeys} wrong keys, ${statuses.get(401)} of 401 and ${statuses.get(429)} of 429; ${after.index - before.index} looks at the index; ${good} requests of another tenant meanwhile, all answered\n`);
  }, 120_000);
});

/** The text of every row of every table, the queue's as well; bytes as hexadecimal digits. */
async function everything(owner: pg.Client): Promise<string> {
  const { rows: tables } = await owner.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`);
  const texts: string[] = [];
  for (const { name } of tables) texts.push(...(await owner.query<{ row: string }>(`select t::text as row from ${name} t`)).rows.map(({ row }) => row));
  return texts.join('\n');
}
