import { setTimeout as after } from 'node:timers/promises';
import type pg from 'pg';
import { newId } from '#kernel';
import { mostAttempts } from '../../src/files/attempts.js';
import { ApplyService } from '../../src/files/index.js';
import { ImportBell } from '../../src/files/jobs/import-bell.js';
import { ImportSweep } from '../../src/files/jobs/import.sweep.js';
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
    owner = await service.owner();
  });
  afterAll(async () => {
    await service.stop();
  });
  beforeEach(async () => { tenant = await service.tenant(); });

  const send = async (file: string): Promise<string> => (await tenant.request<{ id: string }>('POST', '/imports', file, { 'content-type': 'text/csv' })).body.id;
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

  it('to be taken back, and cannot be, has failed after a few attempts, with its reason, and can be asked to be again', async () => {
    const id = await send('email\nada@example.com\n');
    const bell = service.service.app.get(ImportBell, { strict: false });
    const rollBack = async (): Promise<number> => (await tenant.request('POST', `/imports/${id}/rollback`)).status;
    await bell.answer(tenant.id, id);
    await owner.query('create function refuse() returns trigger language plpgsql as $$ begin raise exception \'not this one\'; end $$');
    await owner.query('create trigger refuse before delete on contact for each row execute function refuse()');
    for (const round of ['first', 'second']) {
      expect({ round, status: await rollBack() }).toEqual({ round, status: 202 });
      for (let attempt = 1; attempt < mostAttempts; attempt += 1) await expect(bell.answer(tenant.id, id)).rejects.toThrow();
      expect(await shown(id)).toMatchObject({ status: 'rolling_back', error: null, finishedAt: null });
      await expect(bell.answer(tenant.id, id)).rejects.toThrow();
      expect(await shown(id)).toMatchObject({ status: 'failed', error: 'rollback_failed', finishedAt: now.toISOString(), rollback: { removed: 0 } });
    }
    await owner.query('drop trigger refuse on contact');
    expect(await rollBack()).toBe(202);
    await bell.answer(tenant.id, id);
    expect(await shown(id)).toMatchObject({ status: 'rolled_back', error: null, rollback: { removed: 1 } });
  });

  it.each([['the disk of the database is full', '53100'], ['the session with the database is lost', '57P01']])('waits for as long as it takes, with all its rows, while %s', async (_, code) => {
    const id = await send('email\nada@example.com\nbob@example.com\n');
    const bell = service.service.app.get(ImportBell, { strict: false });
    await owner.query(`create function not_now() returns trigger language plpgsql as $$ begin raise exception 'not now' using errcode = '${code}'; end $$`);
    await owner.query('create trigger not_now before insert on contact for each row execute function not_now()');
    try {
      for (let attempt = 0; attempt <= mostAttempts; attempt += 1) await expect(bell.answer(tenant.id, id)).rejects.toThrow();
      expect(await shown(id)).toMatchObject({ status: 'queued', error: null });
    } finally {
      await owner.query('drop function not_now cascade');
    }
    await bell.answer(tenant.id, id);
    expect(await shown(id)).toMatchObject({ status: 'succeeded', created: 2 });
  });

  /** What a process leaves that dies while it receives a file. */
  const leftBehind = async (createdAt: string): Promise<string> => {
    const id = newId();
    await owner.query('insert into import (tenant_id, id, status, options, created_by, created_at) values ($1, $2, \'receiving\', \'{}\', \'user:ada\', $3)', [tenant.id, id, createdAt]);
    await owner.query('insert into import_part (tenant_id, import_id, seq, rows) values ($1, $2, 0, \'[]\')', [tenant.id, id]);
    return id;
  };
  const shown = async (id: string): Promise<object> => (await tenant.request('GET', `/imports/${id}`)).body;
  const parts = async (): Promise<number> => (await owner.query('select from import_part where tenant_id = $1', [tenant.id])).rows.length;

  it('for a file whose upload was left in the middle can be cancelled', async () => {
    const id = await leftBehind('2026-05-01T11:59:00Z');
    const { status, body } = await tenant.request('POST', `/imports/${id}/cancel`);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'cancelled', finishedAt: now.toISOString() } });
    expect(await parts()).toBe(0);
  });

  it('for such a file is ended a day later', async () => {
    const [old, young] = [await leftBehind('2026-04-30T11:59:59Z'), await leftBehind('2026-04-30T12:00:00Z')];
    await service.service.app.get(ImportSweep, { strict: false }).sweep();
    expect([await shown(old), await shown(young)]).toMatchObject([{ status: 'failed', error: 'not_received', finishedAt: now.toISOString() }, { status: 'queued', error: null }]);
    expect(await parts()).toBe(1);
  });

  it.each([['before a part', 3000], ['before its end', 1]])('and is cancelled while its file is received (%s) stays cancelled, with nothing that waits', async (_, rows) => {
    const begun = Promise.withResolvers<undefined>();
    const resumed = Promise.withResolvers<undefined>();
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('email\n'));
        begun.resolve(undefined);
        await resumed.promise;
        for (let n = 0; n < rows; n += 1) controller.enqueue(new TextEncoder().encode(`p${n}@example.com\n`));
        controller.close();
      },
    });
    const answer = fetch(`${service.url}/api/v1/imports`, { method: 'POST', body, duplex: 'half', headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'text/csv' } });
    await begun.promise;
    const id = await firstImport();
    expect((await tenant.request('POST', `/imports/${id}/cancel`)).status).toBe(200);
    resumed.resolve(undefined);
    expect((await answer).status).toBe(409);
    expect(await shown(id)).toMatchObject({ status: 'cancelled', total: 0 });
    expect(await parts()).toBe(0);
  });

  const firstImport = async (): Promise<string> => {
    for (;;) {
      const { body } = await tenant.request<{ items: { id: string }[] }>('GET', '/imports');
      if (body.items[0] !== undefined) return body.items[0].id;
      await after(20);
    }
  };
});
