import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/**
 * What the process has done since its start, for Prometheus. Labels name kinds, never a tenant, a person or an address: a
 * page of metrics takes no key. Beside these are those of the process itself, the lag of its event loop among them.
 */
export const figures = new Registry();
collectDefaultMetrics({ register: figures });

const registers = [figures];

/** HTTP answers by class of status (`2xx` …). */
const httpAnswers = new Counter({ name: 'segments_http_answers_total', help: 'HTTP answers, by class of status', labelNames: ['status'], registers });

const httpSeconds = new Histogram({
  name: 'segments_http_seconds', help: 'Seconds from a request to its answer, by class of status', labelNames: ['status'], registers,
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120],
});

export function countAnswers(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (_request, reply, done) => {
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    httpAnswers.inc({ status });
    httpSeconds.observe({ status }, reply.elapsedTime / 1000);
    done();
  });
}

export const eventsAccepted = new Counter({ name: 'segments_events_accepted_total', help: 'Events that were stored', registers });

export const cycleSeconds = new Histogram({
  name: 'segments_cycle_seconds', help: 'Seconds of a refresh cycle of one tenant', registers, buckets: [0.05, 0.2, 1, 5, 20, 60, 300, 1200],
});

/** Refreshes that ended, by mode (`incremental`, `full`) and outcome (`succeeded`, `failed`). */
export const refreshesEnded = new Counter({ name: 'segments_refreshes_total', help: 'Refreshes that ended', labelNames: ['mode', 'outcome'], registers });

export const contactsEvaluated = new Histogram({
  name: 'segments_refresh_evaluated', help: 'Contacts that a refresh transaction looked at, by mode', labelNames: ['mode'], registers,
  buckets: [0, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000],
});

/** Of one segment where it is full, of all that one statement evaluates together where it is incremental. */
export const refreshSeconds = new Histogram({
  name: 'segments_refresh_seconds', help: 'Seconds of a refresh of one segment (full), or of segments that are evaluated together (incremental)', labelNames: ['mode'],
  registers, buckets: [0.05, 0.2, 1, 5, 10, 20, 60, 300, 1200],
});

/** Each of them has a line in the log that names its segments. */
export const slowRefreshes = new Counter({ name: 'segments_slow_refreshes_total', help: 'Refreshes that took SLOW_REFRESH_SECONDS or longer', labelNames: ['mode'], registers });
