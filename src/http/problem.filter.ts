import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { brokenConstraint, contested, databaseAway, overTime } from '#database';
import { conflict, malformed, Problem, tookTooLong, tooComplex, unavailable } from '#kernel';

/** What foreign keys that guard what is used say when the database refuses a deletion. */
const inUse: Readonly<Record<string, string>> = {
  segment_in_use: 'Another segment names this one in its rules.',
  segment_in_use_by_campaign: 'An unfinished campaign uses this segment.',
  segment_in_use_by_experiment: 'An experiment that has not started uses this segment.',
  segment_in_use_as_suppression: 'The campaign settings mark this segment as a suppression.',
  custom_field_in_use: 'A segment names this custom field in its rules.',
  event_type_in_use: 'A segment names this event type in its rules.',
};

/** The last-resort handler and the only place where what went wrong becomes an HTTP answer (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #log = new Logger('Problem');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<{ id: string }>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.status >= 500) this.#log.error({ requestId: request.id, fault: faultForLog(error) });
    // Whoever sent too slowly has an answer, and what waited for the rest fails after it.
    if (!reply.sent) sendProblem(reply, problem, request);
  }
}

/** What is written to: Fastify's reply, whichever its generics. */
interface Reply {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
  send(body: string): unknown;
}

/** Writes the problem document. */
export function sendProblem(reply: Reply, problem: Problem, request: { id: string }): void {
  if (problem.retryAfter !== undefined) reply.header('retry-after', String(problem.retryAfter));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  reply.status(problem.status);
  reply.header('content-type', 'application/problem+json; charset=utf-8');
  reply.send(JSON.stringify({
    type: `/problems/${problem.slug}`,
    title: problem.title,
    status: problem.status,
    detail: problem.detail,
    instance: `urn:request:${request.id}`,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    ...problem.extensions,
  }));
}

/** Translates what frameworks and the database throw; anything unforeseen is a 500 that tells nothing of the inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  if (error instanceof HttpException || isHttpError(error)) return fromHttp(error);
  const constraint = brokenConstraint(error);
  if ((code === '23503' || code === '23001') && constraint !== undefined && inUse[constraint] !== undefined) {
    return conflict('in-use', inUse[constraint]);
  }
  if (overTime(error)) return tookTooLong();
  if (contested(error)) return unavailable('Somebody else was writing the same. Nothing was done; please send it again.');
  // Deeper, or with more columns, than the server takes.
  if (code?.startsWith('54') === true) return tooComplex();
  if (databaseAway(error)) return unavailable('The database cannot be reached at the moment.');
  return new Problem('internal', 500, 'Internal error', 'Something went wrong inside. The request id names it in the logs.');
}

interface HttpError { statusCode: number; code?: string; message: string }

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && typeof (error as { statusCode?: unknown }).statusCode === 'number';
}

function fromHttp(error: HttpException | HttpError): Problem {
  const status = error instanceof HttpException ? error.getStatus() : error.statusCode;
  switch (status) {
    case 404: return new Problem('not-found', 404, 'Not found', 'There is nothing at this address.');
    case 405: return new Problem('method-not-allowed', 405, 'Method not allowed', 'This address does not take this method.');
    case 413: return new Problem('too-large', 413, 'Too large', 'The body is larger than is taken here: 1 MiB, or 32 MiB of batches, rules, lists and contacts.');
    case 414: return new Problem('address-too-long', 414, 'Address too long', 'A part of the address is longer than any id.');
    case 415: return new Problem('unsupported-media-type', 415, 'Unsupported media type', 'The body is sent as application/json.');
    default:
      // What Fastify itself refuses: a body that is no JSON, a broken address.
      if (status >= 400 && status < 500) return malformed(codeOf(error)?.startsWith('FST_') === true ? error.message : 'The body is no JSON document.');
      return new Problem('internal', 500, 'Internal error', 'Something went wrong inside. The request id names it in the logs.');
  }
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code ?? (error as { cause?: { code?: unknown } } | null)?.cause?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Class, code and stack, without the message: PostgreSQL's may hold values, and logs hold no personal data. */
function faultForLog(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  return { type: error.name, code: codeOf(error), constraint: brokenConstraint(error), stack: error.stack?.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 12) };
}
