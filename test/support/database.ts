import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '#database';

/** A database of a test's own, with the schema of today, and the owner's login to it. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

const TEMPLATE = 'template_of_today';
/** Workers of one run queue for the one that makes the template. */
const TEMPLATE_LOCK = 91_520;

/** Cloned from a template that is migrated once a run, in some tens of milliseconds. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(async client => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    await ensureTemplate(client);
    await client.query(`create database ${name} template ${TEMPLATE}`);
  });
  return {
    url: urlOf(name),
    drop: () => onServer(async client => { await client.query(`drop database if exists ${name} with (force)`); }),
  };
}

/** An empty database, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = `empty_${randomBytes(6).toString('hex')}`;
  await onServer(async client => { await client.query(`create database ${name} template template0`); });
  return {
    url: urlOf(name),
    drop: () => onServer(async client => { await client.query(`drop database if exists ${name} with (force)`); }),
  };
}

async function ensureTemplate(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [TEMPLATE]);
  if (rowCount === 1) return;
  // Made beside and renamed: a migration that fails leaves no half template to the next file.
  const draft = `${TEMPLATE}_draft`;
  await client.query(`drop database if exists ${draft} with (force)`);
  await client.query(`create database ${draft} template template0`);
  await migrate(urlOf(draft));
  await client.query(`alter database ${draft} rename to ${TEMPLATE}`);
}

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('No test database: name the file *.db-spec.ts, *.prop-spec.ts or *.e2e-spec.ts.');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
