export { type Clock, ManualClock, realTime, SystemClock } from './clock.js';
export { openCursor, sealCursor } from './cursor.js';
export { inTime } from './in-time.js';
export { parseDay, parseInstant } from './instant.js';
export { pointerTo } from './pointer.js';
export { conflict, type InputFault, invalid, malformed, notFound, Problem, stopping, tookTooLong, tooComplex, unavailable } from './problem.js';
export { inSpan, keepSpans, type Span, type SpanBeginning, type SpanFigures, spansAreKept, tellSpan, type Tracer } from './span.js';
export { codePoints, isStorable } from './text.js';
export { isUuid, newId } from './uuid.js';
