import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { startServiceProcess } from '../support/service-process.js';

const adminKey = 'the-operator-of-the-benches';

/** The built service as `npm start` starts it, in a process of its own, whose memory is its own. */
export async function startProcess({ url: databaseUrl, apiKey }: { readonly url: string; readonly apiKey: string }, asOf: Date, env: Record<string, string> = {}) {
  const service = await startServiceProcess(
    { DATABASE_URL: databaseUrl, ADMIN_API_KEY: adminKey, CLOCK: 'manual', LOG_LEVEL: 'error', ROLE: 'all', ...env }, ['--max-semi-space-size=4', '--max-old-space-size=1024']);
  const { pid, url } = service;
  if (url === null) throw new Error('the service has no port');
  const send = async (method: string, path: string, body?: object, key = apiKey): Promise<Response> => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
    return answer;
  };
  const json = async <Body>(method: string, path: string, body?: object, key = apiKey): Promise<Body> => await (await send(method, path, body, key)).json() as Body;
  await json('PUT', '/admin/clock', { now: asOf.toISOString() }, adminKey);
  return {
    port: Number(new URL(url).port), send, json,
    tenant: async () => await json<{ id: string; apiKey: string }>('POST', '/admin/tenants', { name: 'Files' }, adminKey),
    upload: async <Body>(path: string, file: string, length: number, key: string): Promise<Body> => await (await fetch(`${url}/api/v1${path}`, {
      method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv', 'content-length': String(length) }, body: Readable.toWeb(createReadStream(file)) as never, duplex: 'half',
    })).json() as Body,
    peakMb: () => Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024),
    /** What it has computed so far, in milliseconds of processor time: a hundredth of a second is what the kernel counts. */
    cpuMs: () => {
      const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13).map(Number) as [number, number];
      return (user + system) * 10;
    },
    stop: async () => { await service.stop(); },
  };
}
