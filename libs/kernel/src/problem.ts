/** One fault of an input: where (a JSON Pointer, or the name of a parameter), which kind, and what would be right. */
export interface InputFault {
  path: string;
  code: string;
  message: string;
}

/** Further members of a problem document, beside those of RFC 9457. */
export type ProblemExtensions = Readonly<Record<string, unknown>>;

/**
 * Something that went wrong and that the caller is told about, as RFC 9457 writes it. Made by the factories of a module's
 * `*.problems.ts`, named by what happened; turned into an answer in `src/http/problem.filter.ts` only.
 */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** Last segment of the problem's type URI. */
    readonly slug: string,
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly InputFault[] = [],
    readonly extensions: ProblemExtensions = {},
    /** Seconds, sent as `Retry-After`. */
    readonly retryAfter?: number,
  ) {
    super(`${title}: ${detail}`);
  }
}

/** The object is not there, or is another tenant's: the two are not told apart. */
export function notFound(kind: string, id: string): Problem {
  return new Problem('not-found', 404, 'Not found', `There is no ${kind} ${JSON.stringify(id)}.`);
}

/** The request was understood, but its content is at fault at the places named. */
export function invalid(errors: readonly InputFault[], detail?: string): Problem {
  return new Problem('invalid-input', 422, 'Invalid input', detail ?? faultsInWords(errors), errors);
}

/** The request could not be understood at all. */
export function malformed(detail: string, errors: readonly InputFault[] = []): Problem {
  return new Problem('malformed-request', 400, 'Malformed request', detail, errors);
}

/** Something that the answer needs cannot be had at the moment; it may be asked for again after so many seconds. */
export function unavailable(detail: string, retryAfterSeconds = 5): Problem {
  return new Problem('unavailable', 503, 'Unavailable', detail, [], {}, retryAfterSeconds);
}

/** Whoever asks again finds another process, or this one started anew. */
export function stopping(): Problem {
  return unavailable('This process is stopping.');
}

/** The database was asked for longer than an answer may take. */
export function tookTooLong(): Problem {
  return new Problem('took-too-long', 503, 'Took too long', 'The query passed its time limit and was ended.', [], {}, 30);
}

/** What was asked for would be more than the database can be asked in one statement, so that trying again is of no use. */
export function tooComplex(): Problem {
  return new Problem('too-complex', 422, 'Too complex', 'This is more than one statement of the database can hold: ask for less at once, as by fewer conditions, filters or segments that the rules reach.');
}

/** The request does not fit the present state of what it is about. */
export function conflict(slug: string, detail: string, extensions: ProblemExtensions = {}): Problem {
  return new Problem(slug, 409, 'Conflict', detail, [], extensions);
}

function faultsInWords(errors: readonly InputFault[]): string {
  const [first] = errors;
  if (first === undefined) return 'The input is invalid.';
  return errors.length === 1 ? first.message : `${errors.length} faults; the first: ${first.message}`;
}
