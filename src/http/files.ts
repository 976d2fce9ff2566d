import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Problem } from '#kernel';
import { sendProblem } from './problem.filter.js';

export const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** Of one thing: no registry has it, and clients have four names for it. */
export const ndjsonTypes = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'];
const bodyTypes = ['text/csv', ...ndjsonTypes, xlsxType];
const fileTypes = [...bodyTypes, 'multipart/form-data'];
/** No field is taken; some are read, so that they can be named in the refusal. */
const mostFields = 20;
/** Of a file in a form; one that is the body itself has no limit but its rows'. */
const largestFile = 8 * 1024 ** 3;

/** Routes with `@RouteConfig({ takesFiles: true })` get files as streams; on all others a file is no body. */
export async function takeFiles(fastify: FastifyInstance): Promise<void> {
  fastify.addContentTypeParser(bodyTypes, (_request, payload, done) => { done(null, payload); });
  await fastify.register(multipart, { limits: { files: 1, fields: mostFields, parts: mostFields + 1, fileSize: largestFile }, throwFileSizeLimit: true });
  fastify.addHook('onRequest', (request, reply, done) => {
    const isFile = fileTypes.some((type) => request.headers['content-type']?.toLowerCase().startsWith(type) === true);
    const { takesFiles } = request.routeOptions.config as { takesFiles?: boolean };
    if (!isFile || takesFiles === true) done();
    else sendProblem(reply, new Problem('unsupported-media-type', 415, 'Unsupported media type', 'The body is sent as application/json.'), request);
  });
}
