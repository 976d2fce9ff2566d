import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, stopping } from '#kernel';
import { problemOf, sendProblem } from './problem.filter.js';

/** What every answer says of itself. */
export function commonHeaders(request: { id: string }): Record<string, string> {
  return { 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };
}

/** An address that no router can read never reaches a route, nor the filter of problems. */
export function refuseAddress(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers(commonHeaders(request));
  sendProblem(reply, problemOf(error), request);
}

/** What is no HTTP, or has too long a header, never becomes a request. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
  const body = JSON.stringify({ type: '/problems/malformed', title: status.slice(4), status: Number(status.slice(0, 3)), detail: 'This is no request that could be read.' });
  socket.end(`HTTP/1.1 ${status}\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

/** Bodies are plain JSON: forms would turn texts into lists and objects, and what is packed has no size that could be judged. */
export function takeJsonOnly(fastify: FastifyInstance): void {
  fastify.removeContentTypeParser(['application/json', 'application/x-www-form-urlencoded', 'text/plain']);
  const parse = fastify.getDefaultJsonParser('ignore', 'ignore');
  // Many clients name the type whether they send a body or not: of no bytes it is none.
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, body as unknown as string, done);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding.toLowerCase() === 'identity') done();
    else sendProblem(reply, new Problem('unsupported-media-type', 415, 'Unsupported media type', 'A body is sent unpacked, without Content-Encoding.'), request);
  });
}

/** A request that has been sent is on its way for no longer. */
const silentMs = 1000;

/**
 * Refuses what comes on open connections while the process stops, with a problem like any other, and ends the connections:
 * one that is kept open after the last answer would hold up the end of the process for the 72 seconds that idle ones may
 * stay, and one that never brought a request for ever: Node takes it for busy, and looks at its time no more.
 */
export function refuseWhileStopping(fastify: FastifyInstance): void {
  let closing = false;
  const silent = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => { silent.delete(socket); });
  });
  fastify.server.on('request', ({ socket }: { socket: Socket }) => { silent.delete(socket); });
  fastify.addHook('preClose', (done) => {
    closing = true;
    setTimeout(() => { for (const socket of silent) socket.destroy(); }, silentMs).unref();
    done();
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (closing) sendProblem(reply, stopping(), request);
    else done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) void reply.header('connection', 'close');
    done();
  });
}

/** A worker has health and metrics for who looks after it, and no API: whatever else is asked for is not there. */
export function serveOperatorsOnly(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (/^\/(health|metrics)(\/|$)/.test(request.routeOptions.url ?? '')) done();
    else sendProblem(reply, new Problem('not-found', 404, 'Not found', 'There is nothing at this address: a worker has health and metrics only.'), request);
  });
}
