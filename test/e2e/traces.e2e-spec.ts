import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { spansAreKept } from '#kernel';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.js';
import { until } from '../support/queue-contract.js';
import { startTestService } from '../support/service.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
/** None of these may leave the process. */
const told = { email: 'ada.lovelace@example.com', firstName: 'Augusta', country: 'Ruritania', lastName: `O'Brien from contact` };

async function sendInTwo(url: string, key: string, body: string): Promise<Response> {
  const parts = [body.slice(0, 10), body.slice(10)];
  const stream = new ReadableStream({
    async pull(controller) {
      const part = parts.shift();
      // Long enough that the first arrives alone; if it does not, the test only asks for less.
      await wait(50);
      if (part === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(part));
    },
  });
  return await fetch(url, { method: 'POST', body: stream, duplex: 'half', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } });
}

describe('Traces', () => {
  describe('of requests and of the cycle that they ring', () => {
    let spans: ReceivedSpan[];
    let sent: string;
    let tenantId: string;
    let segmentId: string;
    let apiKey: string;

    const named = (name: string): ReceivedSpan[] => spans.filter((span) => span.name === name);
    const below = (parent: ReceivedSpan | undefined): ReceivedSpan[] => spans.filter(({ parentSpanId, traceId: of }) => parentSpanId === parent?.spanId && of === parent?.traceId);

    beforeAll(async () => {
      const collector = await startOtlpReceiver();
      const service = await startTestService({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
      try {
        const tenant = await service.tenant('A tenant with a telling name');
        [tenantId, apiKey] = [tenant.id, tenant.apiKey];
        const created = await tenant.request<{ id: string }>('POST', '/segments', {
          name: 'People of Zenda', type: 'dynamic', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: told.country }] }] },
        }, { traceparent: `00-${traceId}-${parentId}-01` });
        segmentId = created.body.id;
        expect((await tenant.request('POST', `/segments/${segmentId}/refresh`, { waitSeconds: 30 })).body).toMatchObject({ status: 'succeeded' });
        expect((await tenant.request('POST', '/contacts', told)).status).toBe(201);
        expect((await tenant.request('POST', `/segments/${segmentId}/refresh`, { waitSeconds: 30 })).body).toMatchObject({ status: 'succeeded' });
        expect((await sendInTwo(`${service.url}/api/v1/contacts/batch`, apiKey, JSON.stringify({ contacts: [told] }))).status).toBe(200);
        await tenant.request('GET', `/contacts?email=${told.email}&limit=5`);
        await tenant.request('GET', `/nowhere/${told.firstName}`);
        await tenant.request('GET', '/segments', undefined, { traceparent: `00-${traceId.replace('0', '1')}-${parentId}-00` });
        await fetch(`${service.url}/health/ready`);
      } finally {
        await service.stop();
        await collector.stop();
      }
      spans = collector.spans();
      sent = collector.sent.join('\n');
    });

    it('show a request by method, route and status, below the trace that its sender names', () => {
      const [request] = named('POST /api/v1/segments');
      expect(request).toMatchObject({
        traceId, parentSpanId: parentId, kind: 2,
        figures: { 'http.request.method': 'POST', 'http.route': '/api/v1/segments', 'http.response.status_code': 201, 'tenant.id': tenantId },
      });
      expect(below(request).map(({ name }) => name)).toEqual(expect.arrayContaining(['insert segment', 'insert segment_refresh', 'start', 'commit']));
      // Its body came later, from the socket: its statements are the request's all the same.
      expect(below(named('POST /api/v1/contacts/batch')[0]).map(({ name }) => name)).toEqual(expect.arrayContaining(['select api_key', 'commit']));
      expect(named('GET /api/v1/contacts')).toHaveLength(1);
      expect(named('GET')).toMatchObject([{ figures: { 'http.response.status_code': 404 } }]);
    });

    it('show the job, its cycle, the refreshes with their counts and their statements, one below the other', () => {
      const [job] = named('job refresh');
      expect(job).toMatchObject({ kind: 5, figures: { 'tenant.id': tenantId, 'job.kind': 'refresh' } });
      expect(job?.parentSpanId ?? '').toBe('');
      const [cycle] = below(job).filter(({ name }) => name === 'refresh cycle');
      expect(cycle).toMatchObject({ figures: { 'tenant.id': tenantId } });
      const full = named('full refresh').filter(({ figures }) => figures['segment.id'] === segmentId);
      expect(full[0]).toMatchObject({ figures: { 'refresh.mode': 'full', 'refresh.members': 0, 'tenant.id': tenantId } });
      expect(below(full[0]).map(({ name }) => name)).toContain('delete segment_member');
      const incremental = named('incremental refresh').filter(({ figures }) => Number(figures['refresh.changes']) > 0);
      expect(incremental).not.toHaveLength(0);
      expect(incremental[0]?.figures).toMatchObject({ 'refresh.live': 1, 'refresh.evaluated': 1, 'refresh.added': 1, 'refresh.removed': 0, 'refresh.succeeded': 1, 'refresh.failed': 0 });
      const ids = new Set(spans.map(({ spanId }) => spanId));
      for (const statement of spans.filter(({ kind }) => kind === 3)) {
        expect(statement.name).toMatch(/^[a-z]+( [a-z_]+)?$/);
        expect([statement.name, ids.has(statement.parentSpanId ?? '')]).toEqual([statement.name, true]);
      }
    });

    it('tell nothing of a contact, a rule, a name, an address or a key, and keep no trace that its sender does not keep', () => {
      expect(spans.length).toBeGreaterThan(50);
      for (const value of [...Object.values(told), 'lovelace', 'Zenda', 'telling', apiKey, apiKey.slice(-12), 'limit=', 'nowhere', 'health']) expect(sent).not.toContain(value);
      expect(named('GET /api/v1/segments')).toEqual([]);
    });
  });

  it('are not kept, so that none is sent, without the variable', async () => {
    const service = await startTestService();
    try {
      const tenant = await service.tenant();
      expect((await tenant.request('POST', '/contacts', told, { traceparent: `00-${traceId}-${parentId}-01` })).status).toBe(201);
      expect(spansAreKept()).toBe(false);
    } finally {
      await service.stop();
    }
  });

  it('hold up neither requests nor the stop where no collector is there', async () => {
    const receiver = await startOtlpReceiver();
    await receiver.stop();
    const service = await startTestService({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
    try {
      const tenant = await service.tenant();
      expect((await tenant.request('POST', '/contacts', told)).status).toBe(201);
    } finally {
      await service.stop();
    }
    expect(receiver.sent).toEqual([]);
    expect(spansAreKept()).toBe(false);
  });

  it('hold up no request, readiness or stop where the collector takes connections and says nothing, however many there are', async () => {
    const held = new Set<Socket>();
    let heard = 0;
    const hole = createServer((socket) => {
      held.add(socket);
      socket.on('data', ({ length }) => { heard += length; });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((listening) => { hole.listen(0, '127.0.0.1', listening); });
    const service = await startTestService({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(hole.address() as AddressInfo).port}` });
    const statuses = new Set<number>();
    try {
      const tenant = await service.tenant();
      // Each request is some eight spans, and 2,048 are kept: those of most requests have nowhere to go.
      for (let round = 0; round < 30; round += 1) {
        const answers = await Promise.all(Array.from({ length: 10 }, async (_, n) => await tenant.request('POST', '/contacts', { email: `${round}-${n}@example.com` })));
        for (const { status } of answers) statuses.add(status);
      }
      await until(() => heard, (bytes) => bytes > 0);
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      expect((await tenant.request('GET', '/segments')).status).toBe(200);
    } finally {
      await service.stop();
      for (const socket of held) socket.destroy();
      await new Promise((closed) => { hole.close(closed); });
    }
    expect([...statuses]).toEqual([201]);
    expect(spansAreKept()).toBe(false);
  }, 60_000);
});
