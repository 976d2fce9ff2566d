import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { startTestService } from '../support/service.js';

describe('A service that stops', () => {
  it.each(['/api/v1/contacts', '/health/ready', '/nowhere'])('refuses what comes on an open connection with a problem that says when to try again: %s', async (path) => {
    const service = await startTestService();
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    let said = '';
    socket.on('data', (part) => { said += part.toString('latin1'); });
    const closed = new Promise((resolve) => { socket.on('close', resolve); });
    // In the middle of a head, so that the connection is not idle and is not closed.
    socket.write(`GET ${path} HTTP/1.1\r\nhost: here\r\n`);
    await after(100);
    const stopped = service.stop();
    await after(500);
    socket.write('\r\n');
    await closed;
    await stopped;
    expect(said).toMatch(/^HTTP\/1\.1 503 /);
    expect(said).toMatch(/\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i);
    expect(said).toMatch(/\r\nretry-after: [1-9]\d*\r\n/i);
    expect(said).toMatch(/\r\nconnection: close\r\n/i);
    expect(JSON.parse(said.split('\r\n\r\n')[1] ?? '')).toMatchObject({ type: '/problems/unavailable', status: 503 });
  }, 30_000);
});
