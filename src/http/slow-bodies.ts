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
}

const usualPace: BodyPace = { jsonMs: 120_000, fileMs: 60_000, fileBytes: 64 * 1024 };

/**
 * Ends requests whose body comes too slowly with a 408, and their connection. Node's own limit is one for the whole of any
 * request, and would cut off every import that takes longer; headers have their limit there.
 */
export function refuseSlowBodies(fastify: FastifyInstance, pace: BodyPace = usualPace): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { takesFiles } = request.routeOptions.config as { takesFiles?: boolean };
    const has = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
    if (has) (takesFiles === true ? watchFile : watchWhole)(request, reply, pace);
    done();
  });
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
