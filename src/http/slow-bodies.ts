import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '#kernel';
import { sendProblem } from './problem.filter.js';

/** How long bodies may take that whoever sends them keeps the connection for. */
export interface BodyPace {
  /** The whole of a JSON body. 32 MiB in two minutes are 280 kB a second. */
  readonly jsonMs: number;
  /** A file may take hours, and each so long brings it at least `fileBytes` further, unless it waits for us. */
  readonly fileMs: number;
  readonly fileBytes: number;
  /** What still comes of a body that was answered before it was there: who reads only after sending has so long. */
  readonly unreadMs: number;
}

const usualPace: BodyPace = { jsonMs: 120_000, fileMs: 60_000, fileBytes: 64 * 1024, unreadMs: 5000 };
/** Of these a file, too, is answered before any of it was read. */
const refusals: readonly number[] = [401, 403, 429];

/**
 * Ends requests whose body comes too slowly with a 408, and their connection. Node's own limit is one for the whole of any
 * request, and would cut off every import that takes longer; headers have their limit there.
 */
export function refuseSlowBodies(fastify: FastifyInstance, pace: BodyPace = usualPace): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (hasBody(request)) (takesFiles(request) ? watchFile : watchWhole)(request, reply, pace);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    if (hasBody(request) && !request.raw.complete && (!takesFiles(request) || refusals.includes(reply.statusCode))) leaveUnread(request, pace);
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function takesFiles({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as { takesFiles?: boolean }).takesFiles === true;
}

/** What comes is thrown away as it comes. Ended at once, the connection would be reset, and many clients would never see the answer. */
function leaveUnread(request: FastifyRequest, { unreadMs }: BodyPace): void {
  const timer = setTimeout(() => { request.raw.destroy(); }, unreadMs);
  untilReceived(request, () => { clearTimeout(timer); });
}

function watchWhole(request: FastifyRequest, reply: FastifyReply, { jsonMs }: BodyPace): void {
  const timer = setTimeout(() => { refuse(request, reply); }, jsonMs);
  untilReceived(request, () => { clearTimeout(timer); });
}

function watchFile(request: FastifyRequest, reply: FastifyReply, { fileMs, fileBytes }: BodyPace): void {
  const { raw } = request;
  let before = raw.socket.bytesRead;
  const timer = setInterval(() => {
    const now = raw.socket.bytesRead;
    // What is there as a whole, or is full and so not read from the line: the client waits for us then.
    const waitsForUs = raw.complete || raw.readableLength >= raw.readableHighWaterMark;
    if (now - before < fileBytes && !waitsForUs) {
      clearInterval(timer);
      refuse(request, reply);
    }
    before = now;
  }, fileMs);
  untilReceived(request, () => { clearInterval(timer); });
}

function untilReceived({ raw }: FastifyRequest, stop: () => void): void {
  raw.once('end', stop);
  raw.once('close', stop);
}

function refuse(request: FastifyRequest, reply: FastifyReply): void {
  const slow = new Problem('too-slow', 408, 'Too slow', 'The body did not come in time.');
  // An answer that has begun cannot become another.
  if (reply.sent) request.raw.destroy();
  // With that header the connection ends after the answer, whatever of the body is on its way.
  else sendProblem(reply.header('connection', 'close'), slow, request);
}
