/** What a span tells beside its name and its time: ids, counts and words of our own; never a value of a contact, a query or a rule. */
export type SpanFigures = Readonly<Record<string, string | number | boolean>>;

/** A piece of work that a trace shows. */
export interface Span {
  tell(figures: SpanFigures): void;
}

export interface SpanBeginning {
  /**
   * `request` comes from outside and `job` from the queue, which both stand at the top; `step` lies in what runs around
   * it, or stands alone; a `statement` is shown in another span only.
   */
  readonly kind: 'request' | 'job' | 'step' | 'statement';
  readonly name: string;
  readonly figures?: SpanFigures;
  /** The header `traceparent` of a request. */
  readonly traceparent?: string;
}

/** Whoever keeps spans. */
export interface Tracer {
  within<T>(beginning: SpanBeginning, work: (span: Span) => Promise<T>): Promise<T>;
  /** The span in which the caller runs. */
  current(): Span | null;
}

const untold: Span = { tell: () => undefined };
let tracer: Tracer | null = null;

/** Spans of this process go to `next` from here on; `null`: nobody keeps them. */
export function keepSpans(next: Tracer | null): void {
  tracer = next;
}

/** Whether anybody keeps spans. */
export function spansAreKept(): boolean {
  return tracer !== null;
}

/** Runs `work` as a span, which ends with it and has failed where it rejects. Where nobody keeps spans, it only runs. */
export async function inSpan<T>(beginning: SpanBeginning, work: (span: Span) => Promise<T>): Promise<T> {
  return tracer === null ? await work(untold) : await tracer.within(beginning, work);
}

/** Tells the span in which the caller runs, where there is one. */
export function tellSpan(figures: SpanFigures): void {
  tracer?.current()?.tell(figures);
}
