import pg from 'pg';
import { ApplyService } from '../../src/files/index.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const now = new Date('2026-05-01T12:00:00Z');

/** The service has no worker: what is sent waits until the test applies it. */
describe('An import that waits', () => {
  let service: TestService;
  let tenant: TestTenant;
  let owner: pg.Client;

  beforeAll(async () => {
    service = await startTestService({ ROLE: 'api' });
    await service.clock(now.toISOString());
    owner = new pg.Client({ connectionString: service.databaseUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await service.stop();
  });
  beforeEach(async () => { tenant = await service.tenant(); });

  const send = async (file: string): Promise<string> => {
    const answer = await fetch(`${service.url}/api/v1/imports`, { method: 'POST', body: file, headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'text/csv' } });
    return (await answer.json() as { id: string }).id;
  };
  const apply = async (id: string): Promise<void> => { await service.service.app.get(ApplyService, { strict: false }).run(tenant.id, id, () => now); };

  it('or has refused rows forgets those of an erased person, and of nobody whose address only contains theirs', async () => {
    const { body: { id: person } } = await tenant.request<{ id: string }>('POST', '/contacts', { email: 'smith@acme.com' });
    const file = ['email,firstName,leadScore', 'Smith@acme.com,S,many', 'johnsmith@acme.com,J,many', 'o\'smith@acme.com,O,many', 'smith@acme.com.au,A,many', 'smithxacme@acme.com,"smith@acmeXcom",many',
      'bob@acme.com,"write to:\nsmith@acme.com.",many'].join('\n');
    const [refused, waiting] = [await send(file), await send(file)];
    await apply(refused);
    expect((await tenant.request('DELETE', `/contacts/${person}`)).status).toBe(204);
    const others = [3, 4, 5, 6];
    const { body } = await tenant.request<{ items: { line: number }[] }>('GET', `/imports/${refused}/errors`);
    expect(body.items.map(({ line }) => line)).toEqual(others);
    const { rows: [part] } = await owner.query<{ rows: { line: number }[] }>('select rows from import_part where import_id = $1', [waiting]);
    expect(part?.rows.map(({ line }) => line)).toEqual(others);
  });
});
