import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sendHttpFile } from '../support/http-file.js';
import { hasRealFiles, realFile } from '../support/real-data.js';
import { startTestService, type TestService } from '../support/service.js';

const examples = resolve(import.meta.dirname, '../../examples');
const files = (await readdir(examples)).filter((name) => name.endsWith('.http')).sort();

describe('the examples', () => {
  let service: TestService;

  beforeAll(async () => { service = await startTestService(); });
  afterAll(async () => { await service.stop(); });

  it('are numbered from 01', () => {
    expect(files.map((name) => name.slice(0, 3))).toEqual(files.map((_, index) => `${String(index + 1).padStart(2, '0')}-`));
  });

  it.each(files)('%s is answered as it says, the first time and when it is sent again', async (file) => {
    const { apiKey } = await service.tenant(file);
    for (const run of ['first', 'again']) {
      for (const { title, expected, status, body } of await sendHttpFile(join(examples, file), { url: service.url, apiKey, run })) {
        const seen = { request: `${title} (${run})`, status, body };
        expect(seen).toMatchObject({ ...seen, ...(expected.body === undefined ? {} : { body: expected.body }) });
        expect({ ...seen, expected: expected.statuses.includes(status) }).toEqual({ ...seen, expected: true });
      }
    }
  });

  (hasRealFiles('hillstrom.csv') ? it : it.skip)('06-hillstrom.mjs, and 07-hillstrom-by-segment.mjs after it, find no difference in a slice of the real file', async () => {
    const { apiKey } = await service.tenant('Hillstrom');
    const file = realFile('hillstrom.csv');
    const { code, output } = await run(join(examples, '06-hillstrom.mjs'), service.url, apiKey, file, '--rows', '3000');
    expect(output).toContain('the same, 0 differ');
    expect(code).toBe(0);

    const bySegment = await run(join(examples, '07-hillstrom-by-segment.mjs'), service.url, apiKey, file, '--rows', '3000');
    expect(bySegment.output).toContain('60 the same, 0 differ');
    expect(bySegment.code).toBe(0);
  }, 240_000);

  (hasRealFiles('cdnow_master.txt') ? it : it.skip)('08-cdnow.mjs finds no difference in each twentieth customer of the real file, and tells one where a purchase more was sent', async () => {
    const { apiKey, request } = await service.tenant('CDNOW');
    const example = [join(examples, '08-cdnow.mjs'), service.url, apiKey, realFile('cdnow_master.txt'), '--every', '20'];
    const first = await run(...example);
    expect(first.output).toContain('1,179 customers, 3,554 purchases: 3,554 imported, 0 there before');
    expect(first.output).toMatch(/\d figures the same, 0 differ/);
    expect(first.code).toBe(0);

    await request('POST', '/events/batch', { events: [{ id: 'more', type: 'converted', email: '00001@cdnow.example', occurredAt: '1997-03-01T00:00:00Z', revenue: 10 }] });
    const again = await run(...example);
    expect(again.output).toContain('0 imported, 3,554 there before');
    expect(again.output).toContain('DIFFERS');
    expect(again.code).toBe(1);
  }, 120_000);
});

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  return await new Promise((done) => {
    execFile(process.execPath, args, (error, stdout, stderr) => { done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, output: stdout + stderr }); });
  });
}
