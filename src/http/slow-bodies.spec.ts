import { connect, type AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { type FastifyInstance, fastify } from 'fastify';
import { refuseSlowBodies } from './slow-bodies.js';

const pace = { jsonMs: 200, fileMs: 200, fileBytes: 64, unreadMs: 200 };

describe('A body that comes in pieces', () => {
  let app: FastifyInstance;
  const received: number[] = [];
  let reading = Promise.resolve();

  beforeAll(async () => {
    app = fastify({ requestTimeout: 0 });
    refuseSlowBodies(app, pace);
    app.addContentTypeParser('text/csv', (_request, payload, done) => { done(null, payload); });
    app.post('/json', () => ({ taken: true }));
    app.post('/file', { config: { takesFiles: true } }, async (request) => {
      await reading;
      let bytes = 0;
      for await (const piece of request.body as AsyncIterable<Buffer>) bytes += piece.length;
      received.push(bytes);
      return { bytes };
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => { await app.close(); });

  /** Sends the pieces one after another, `everyMs` apart; what came back until the connection ended. */
  async function send(path: string, type: string, pieces: readonly string[], everyMs: number): Promise<string> {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => { answer += data.toString(); });
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => { socket.on('close', resolve); });
    socket.write(`POST ${path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`);
    for (const piece of pieces) {
      if (answer !== '' || socket.destroyed) break;
      socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      await after(everyMs);
    }
    if (!socket.destroyed && answer === '') socket.write('0\r\n\r\n');
    await closed;
    return answer;
  }

  const drops = (count: number): string[] => Array.from({ length: count }, () => ' ');

  it('is taken where it is there in time', async () => {
    expect(await send('/json', 'application/json', ['{', '}'], 1)).toMatch(/^HTTP\/1.1 200/);
  });

  it('is a 408 where it drips on past the limit, and the connection ends', async () => {
    const answer = await send('/json', 'application/json', ['{', ...drops(10_000), '}'], 20);
    expect(answer).toMatch(/^HTTP\/1.1 408/);
    expect(answer).toContain('/problems/too-slow');
  });

  it('may take longer than that where it is a file that keeps coming', async () => {
    expect(await send('/file', 'text/csv', Array.from({ length: 40 }, () => 'a,b,c,d,e,f,g,h,i,j\n'), 20)).toContain('{"bytes":800}');
  });

  it('is a 408 where a file drips', async () => {
    const before = received.length;
    expect(await send('/file', 'text/csv', drops(10_000), 190)).toMatch(/^HTTP\/1.1 408/);
    expect(received).toHaveLength(before);
  });

  it('waits with us where a file is not read for a while', async () => {
    const door = Promise.withResolvers<void>();
    reading = door.promise;
    const sent = send('/file', 'text/csv', ['x'.repeat(4_000_000)], 0);
    await after(700);
    door.resolve();
    expect(await sent).toContain('{"bytes":4000000}');
  });

  it('waits with us where all of a small file is there and is not read for a while', async () => {
    const door = Promise.withResolvers<void>();
    reading = door.promise;
    const sent = send('/file', 'text/csv', ['x'.repeat(1000)], 0);
    await after(700);
    door.resolve();
    expect(await sent).toContain('{"bytes":1000}');
  });
});
