import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

const project = resolve(import.meta.dirname, '../../../..');
const source = join(project, 'libs/database/src/embedded/embedded-postgres.ts');
const hooks = join(project, 'test/support/typescript-source.mjs');

/** A process that starts the database, prints `<pid of the server> <url>` or the error, and stays. */
const PROGRAM = `
  await import(process.argv[1]);
  const { startEmbeddedPostgres } = await import(process.argv[2]);
  try {
    const server = await startEmbeddedPostgres({ dataDir: process.argv[3], durable: false, log: () => undefined });
    console.log(server.url);
    setInterval(() => undefined, 1000);
  } catch (error) {
    console.log(error.message);
  }`;

describe('the embedded PostgreSQL', () => {
  let created: string;
  let dataDir: string;
  const lines: string[] = [];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    created = dataDir = await emptyFolder();
    await (await start()).stop();
  });

  afterAll(() => rm(created, { recursive: true, force: true }));

  // Most tests begin with a database that exists: a copy, with its owners, takes a tenth of what creating one takes.
  beforeEach(async () => {
    dataDir = await emptyFolder();
    execFileSync('cp', ['-a', `${created}/.`, dataDir]);
    lines.length = 0;
  });

  afterEach(async () => {
    await Promise.all(children.splice(0).map(kill));
    const runs = await access(join(dataDir, 'postgres/data/postmaster.pid')).then(() => true, () => false);
    if (runs) await (await start().catch(() => null))?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function emptyFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'contact-segments-embedded-'));
    await chmod(folder, 0o755);
    return folder;
  }

  async function beginEmpty(): Promise<void> {
    await rm(dataDir, { recursive: true });
    dataDir = await emptyFolder();
  }

  const start = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir, durable: false, log: line => { lines.push(line); } });

  async function startInProcess(): Promise<{ child: ChildProcess; answer: string }> {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, hooks, source, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [answer] = await once(createInterface(child.stdout), 'line') as [string];
    return { child, answer };
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  it('is created with UTF-8, the built-in locale and our settings, says where it is, and stops with us', async () => {
    await beginEmpty();
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(lines).toEqual([expect.stringContaining(server.where)]);
    expect(await query(server.url, `
      select current_database() as name, datlocprovider as provider, datlocale as locale, pg_encoding_to_char(encoding) as encoding,
        current_setting('timezone') as zone, current_setting('jit') as jit, current_setting('listen_addresses') as listens
      from pg_database where datname = current_database()`)).toEqual([{
      name: 'contact_segments', provider: 'b', locale: 'C.UTF-8', encoding: 'UTF8', zone: 'UTC', jit: 'off', listens: '127.0.0.1',
    }]);
    await server.stop();
    await expect(query(server.url, 'select 1')).rejects.toThrow();
    await expect(stat(join(server.where, 'data/postmaster.pid'))).rejects.toThrow();
  });

  it('keeps its data over a stop and a second start', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('keeps its password from others, and lets nobody in without it', async () => {
    const server = await start();
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
    const url = new URL(server.url);
    url.password = 'guessed';
    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await server.stop();
  });

  it('outlives a killed service and is adopted by the next one', async () => {
    const { child, answer: url } = await startInProcess();
    await query(url, 'create table written_before as select 1 as one');
    await kill(child);
    expect(await query(url, 'select one from written_before')).toEqual([{ one: 1 }]);
    const next = await start();
    expect(next.adopted).toBe(true);
    expect(next.url).toBe(url);
    await next.stop();
    await expect(query(url, 'select 1')).rejects.toThrow();
  });

  it('recovers where the server was killed together with the service', async () => {
    const { child, answer: url } = await startInProcess();
    const where = (await query(url, `select current_setting('data_directory') as at`))[0]?.['at'] as string;
    await query(url, 'create table written_before as select 1 as one');
    await query(url, 'checkpoint');
    await kill(child);
    process.kill(Number((await readFile(join(where, 'postmaster.pid'), 'utf8')).split('\n')[0]), 'SIGKILL');
    const next = await start();
    expect(next.adopted).toBe(false);
    expect(await query(next.url, 'select one from written_before')).toEqual([{ one: 1 }]);
    await next.stop();
  });

  it('starts although the number of its dead server now belongs to another process', async () => {
    const first = await start();
    await first.stop();
    const data = join(first.where, 'data');
    await writeFile(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready\n`);
    const second = await start();
    expect(second.adopted).toBe(false);
    await second.stop();
  });

  it('is refused to a second service while the first one lives, and the first one is left in peace', async () => {
    const { answer: url } = await startInProcess();
    const { answer } = await startInProcess();
    expect(answer).toMatch(/Another running service \(contact-segments, process \d+\) holds the data folder .*stop it first/);
    await expect(start()).rejects.toThrow('holds the data folder');
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is created once where two services start on an empty folder at the same moment', async () => {
    await beginEmpty();
    const answers = (await Promise.all([startInProcess(), startInProcess()])).map(({ answer }) => answer);
    expect(answers.filter(answer => answer.startsWith('postgres://'))).toHaveLength(1);
    expect(answers.filter(answer => answer.includes('holds the data folder'))).toHaveLength(1);
  });

  it('lies where its user can read it: as root outside of a data folder closed to others, otherwise always in it', async () => {
    await beginEmpty();
    await chmod(dataDir, 0o700);
    const first = await start();
    try {
      const asRoot = process.getuid?.() === 0;
      expect(first.where.startsWith(dataDir)).toBe(!asRoot);
      const owner = (await stat(join(first.where, 'data'))).uid;
      expect(owner === process.getuid?.()).toBe(!asRoot);
      await query(first.url, 'create table kept as select 42 as answer');
      await first.stop();
      const second = await start();
      expect(second.where).toBe(first.where);
      expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await second.stop();
    } finally {
      await rm(first.where, { recursive: true, force: true });
    }
  });

  it('takes its lock again where the server was restarted beneath the service', async () => {
    const first = await start();
    const holder = async (): Promise<unknown> => (await query(first.url, `select pid from pg_locks where locktype = 'advisory'`))[0]?.['pid'];
    const before = await holder();
    await query(first.url, 'select pg_terminate_backend($1)', [before]);
    const deadline = performance.now() + 30_000;
    let now = await holder();
    while ((now === undefined || now === before) && performance.now() < deadline) {
      await sleep(200);
      now = await holder();
    }
    expect(now).toEqual(expect.any(Number));
    expect(now).not.toBe(before);
    await first.stop();
  });

  it('says whose database it is where another version of PostgreSQL made it', async () => {
    const server = await start();
    await server.stop();
    const version = join(server.where, 'data/PG_VERSION');
    await writeFile(version, '15\n');
    await expect(start()).rejects.toThrow('was made by PostgreSQL 15');
    await writeFile(version, '18\n');
  });
});

async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}
