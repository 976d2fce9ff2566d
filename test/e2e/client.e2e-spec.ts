import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startTestService, type TestService } from '../support/service.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const packageFolder = (name: string): string => dirname(require.resolve(`${name}/package.json`));

/** What the README shows first, by the generated client; the strict compiler reads it before it runs. */
const firstScreen = `
import { createClient } from './client/client/index.js';
import { createSegment, listMembers, requestRefresh } from './client/index.js';

const [baseUrl = '', auth = ''] = process.argv.slice(2);
const client = createClient({ baseUrl, auth, throwOnError: true });
const { data: segment } = await createSegment({ client, throwOnError: true, body: {
  name: 'Readers in the US', type: 'dynamic',
  rules: { match: 'all', groups: [{ match: 'all', conditions: [
    { field: 'contact.country', operator: 'equals', value: 'United States' },
    { event: 'opened', count: { operator: 'greater_or_equal', value: 2 }, window: { last: 30, unit: 'days' } },
  ] }] },
} });
const path = { id: segment.id };
await requestRefresh({ client, throwOnError: true, path, body: { waitSeconds: 30 } });
const { data: members } = await listMembers({ client, throwOnError: true, path, query: { limit: 5 } });
console.log(JSON.stringify(members.items.map(({ email }) => email)));
`;

describe('A typed client', () => {
  let service: TestService;
  let folder: string;
  beforeAll(async () => {
    service = await startTestService();
    folder = await mkdtemp(join(tmpdir(), 'segments-client-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await service.stop();
  });

  it('is generated from the document, compiles under the strict rules and does what the README shows first', async () => {
    await service.clock('2026-11-20T09:30:00Z');
    const tenant = await service.tenant();
    await tenant.request('POST', '/contacts/batch', { contacts: [{ email: 'ada@example.com', country: 'United States' }, { email: 'bob@example.com', country: 'United States' }] });
    const opened = (id: string, email: string): object => ({ id, type: 'opened', email, occurredAt: '2026-11-19T09:30:00Z' });
    await tenant.request('POST', '/events/batch', { events: [opened('1', 'ada@example.com'), opened('2', 'ada@example.com'), opened('3', 'bob@example.com')] });

    await writeFile(join(folder, 'openapi.json'), await (await fetch(`${service.url}/openapi.json`)).text());
    await run(process.execPath, [join(packageFolder('@hey-api/openapi-ts'), 'bin/run.js'), '-i', 'openapi.json', '-o', 'client', '-c', '@hey-api/client-fetch', '--silent', '--no-log-file'], { cwd: folder });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'first-screen.ts'), firstScreen);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { strict: true, target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], module: 'nodenext', types: ['node'], typeRoots: [dirname(packageFolder('@types/node'))], rootDir: '.', outDir: 'built' },
      files: ['first-screen.ts'],
    }));
    const compiled = await run(process.execPath, [join(packageFolder('typescript'), 'bin/tsc'), '-p', '.'], { cwd: folder }).catch((error: { stdout: string }) => error);
    expect(compiled.stdout).toBe('');
    const { stdout } = await run(process.execPath, ['built/first-screen.js', service.url, tenant.apiKey], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual(['ada@example.com']);
  }, 300_000);
});
