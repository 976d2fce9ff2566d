import { connect, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { newId } from '#kernel';
import { until } from '../support/queue-contract.js';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';

const large = 32 * 1024 * 1024;

describe('A body that nobody is to read', () => {
  let service: TestService;
  let tenant: TestTenant;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    service = await startTestService({ RATE_LIMIT_WRONG_KEYS: '20' });
    tenant = await service.tenant();
  });
  afterEach(() => { for (const socket of sockets.splice(0)) socket.destroy(); });
  afterAll(async () => { await service.stop(); });

  /** Sends the head of a request and the first bytes of its body, and no more; what comes back. */
  async function begin(path: string, headers: string, bytes = 1000): Promise<{ said: () => string; socket: Socket; ended: () => boolean }> {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    let [said, ended] = ['', false];
    socket.on('data', (part) => { said += part.toString('latin1'); });
    socket.on('error', () => undefined);
    socket.on('close', () => { ended = true; });
    socket.write(`POST ${path} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`);
    socket.write(headers.includes('chunked') ? `${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n` : ' '.repeat(bytes));
    await until(() => said, (text) => text !== '', 5000).catch(() => undefined);
    return { said: () => said, socket, ended: () => ended };
  }

  const wrong = (): string => `sk_${newId()}_${'x'.repeat(32)}`;

  const cases: readonly (readonly [what: string, path: string, headers: () => string, status: number])[] = [
    ['without a key', '/api/v1/contacts/batch', () => `content-length: ${large}`, 401],
    ['without a key, in pieces', '/api/v1/contacts/batch', () => 'transfer-encoding: chunked', 401],
    ['with something that is no key', '/api/v1/events/batch', () => `content-length: ${large}\r\nauthorization: Bearer nonsense`, 401],
    ['of another scheme', '/api/v1/segments', () => `content-length: ${large}\r\nauthorization: Basic eDp5`, 401],
    ['with a key that nobody has', '/api/v1/segments', () => `content-length: ${large}\r\nauthorization: Bearer ${wrong()}`, 401],
    ['with a key of the tenant, where the operator\'s is needed', '/api/v1/admin/tenants', () => `content-length: 1000000\r\nauthorization: Bearer ${tenant.apiKey}`, 401],
    ['without a key, to an address that takes files', '/api/v1/imports', () => 'transfer-encoding: chunked', 401],
    ['that is larger than is taken there', '/api/v1/campaigns', () => `content-length: ${1024 * 1024 + 1}\r\nauthorization: Bearer ${tenant.apiKey}`, 413],
    ['that is larger than is taken anywhere', '/api/v1/contacts/batch', () => `content-length: ${large + 1}\r\nauthorization: Bearer ${tenant.apiKey}`, 413],
  ];
  it.each(cases)('is answered before it was sent whole: %s', async (_, path, headers, status) => {
    const { said } = await begin(path, headers());
    expect(said()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*application/problem\\+json[^]*"status":${status}`));
  });

  it('is waited for where the key is right', async () => {
    const { said, socket } = await begin('/api/v1/campaigns', `content-length: 1000\r\nauthorization: Bearer ${tenant.apiKey}`, 100).catch(() => ({ said: () => '', socket: null }));
    expect(said()).toBe('');
    socket?.write(`{"name":"Late"}${' '.repeat(885)}`);
    expect(await until(said, (text) => text !== '')).toMatch(/^HTTP\/1\.1 201 /);
  }, 20_000);

  it('has its connection ended some seconds after the answer, for who goes on sending', async () => {
    const { said, socket, ended } = await begin('/api/v1/contacts/batch', `content-length: ${large}`);
    expect(said()).toMatch(/^HTTP\/1\.1 401 /);
    const dripping = setInterval(() => { socket.write(' '.repeat(1000)); }, 100);
    try {
      await after(1000);
      expect(ended()).toBe(false);
      await until(ended, (over) => over, 8000);
    } finally {
      clearInterval(dripping);
    }
  }, 20_000);

  it('counts as a wrong key: beyond the limit it is a 429', async () => {
    const answers: string[] = [];
    for (let at = 0; at < 21; at += 1) answers.push((await begin('/api/v1/contacts/batch', `content-length: ${large}`)).said().slice(9, 12));
    expect(new Set(answers)).toEqual(new Set(['401', '429']));
    expect(answers.at(-1)).toBe('429');
  });
});
