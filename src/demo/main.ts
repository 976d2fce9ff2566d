import { randomBytes } from 'node:crypto';
import { SystemClock } from '#kernel';
import { readConfig } from '../config.js';
import { type Service, startService } from '../service.js';
import { whyNotStarted } from '../start-fault.js';
import { Api } from './api.js';
import { type DemoSegment, loadDemo, refreshDemo } from './load.js';
import { readRecord, recordFile, writeRecord } from './record.js';

const say = (line: string): void => { process.stdout.write(`${line}\n`); };

/** The service with generated data, in the foreground. What a start has made is kept for the next. */
async function run(): Promise<void> {
  const given = readConfig({ LOG_LEVEL: 'warn', ...process.env });
  const record = await readRecord(given.dataDir);
  const adminApiKey = given.adminApiKey ?? (record.adminApiKey ??= randomBytes(24).toString('base64url'));
  const service = await startService({ ...given, adminApiKey }, say);
  const stop = stopOnSignal(service);
  try {
    const url = service.url ?? '';
    const apiKey = await tenantKey(url, given.dataDir, adminApiKey);
    const api = new Api(url, apiKey);
    await loadOnce(api, given.dataDir);
    say('Refreshing the segments …');
    report(url, apiKey, recordFile(given.dataDir), await refreshDemo(api));
  } catch (error) {
    if (!stop.begun()) throw await stop.after(error);
  }
}

/** The key of the demo's tenant: the kept one, or that of a tenant made now. */
async function tenantKey(url: string, dataDir: string, adminApiKey: string): Promise<string> {
  const record = await readRecord(dataDir);
  if (record.apiKey !== undefined) return record.apiKey;
  const { apiKey } = await new Api(url, adminApiKey).post<{ apiKey: string }>('/admin/tenants', { name: 'Demo' });
  await writeRecord(dataDir, { ...record, adminApiKey, apiKey, from: new SystemClock().now().toISOString() });
  return apiKey;
}

async function loadOnce(api: Api, dataDir: string): Promise<void> {
  const record = await readRecord(dataDir);
  if (record.complete === true) {
    say('The data of an earlier start is kept.');
    return;
  }
  say('Sending the demo data …');
  await loadDemo(api, new Date(record.from ?? new SystemClock().now()), say);
  await writeRecord(dataDir, { ...record, complete: true });
}

function report(url: string, apiKey: string, file: string, segments: readonly DemoSegment[]): void {
  const width = Math.max(...segments.map(({ name }) => name.length));
  say('');
  for (const { name, contactCount } of segments) say(`  ${name.padEnd(width)} ${contactCount.toLocaleString('en').padStart(7)}`);
  say(`
  Service     ${url}
  Swagger UI  ${url}/docs     (Authorize with the key below)
  OpenAPI     ${url}/openapi.json
  API key     ${apiKey}
              The service shows a key once; this one is kept in ${file}, readable by you alone.

  Try         curl -H 'Authorization: Bearer ${apiKey}' '${url}/api/v1/segments?limit=5'

Ctrl-C stops it; the next start keeps the data.`);
}

/** Ctrl-C and SIGTERM drain and stop. A terminal sends the signal to every process in it, so it may come twice. */
function stopOnSignal(service: Service): { begun(): boolean; after(error: unknown): Promise<unknown> } {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    say('\nStopping …');
    service.stop().then(() => process.exit(0), (error: unknown) => {
      process.stderr.write(`${whyNotStarted(error)}\n`);
      process.exit(1);
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    begun: () => stopping,
    async after(error) {
      stopping = true;
      await service.stop();
      return error;
    },
  };
}

try {
  await run();
} catch (error) {
  process.stderr.write(`${whyNotStarted(error)}\n`);
  process.exit(1);
}
