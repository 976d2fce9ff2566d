import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Config } from '../config.js';

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

/** Each of them has a line in the log that names its tenant, and what it was about. Files take as long as their clients do, and are none of them. */
const slowAnswers = new Counter({ name: 'segments_slow_answers_total', help: 'Answers that took SLOW_ANSWER_SECONDS or longer, by route', labelNames: ['route'], registers });
const log = new Logger('SlowAnswer');

export function countAnswers(fastify: FastifyInstance, { slowAnswerSeconds }: Pick<Config, 'slowAnswerSeconds'>): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    httpAnswers.inc({ status });
    httpSeconds.observe({ status }, reply.elapsedTime / 1000);
    if (reply.elapsedTime >= slowAnswerSeconds * 1000 && /json|svg/.test(String(reply.getHeader('content-type')))) {
      const route = `${request.method} ${request.routeOptions.url ?? ''}`;
      slowAnswers.inc({ route });
      const { caller } = request as { caller?: { tenantId: string } };
      log.warn({ msg: 'an answer was slow', route, tenant: caller?.tenantId, ids: request.params, status: reply.statusCode, ms: Math.round(reply.elapsedTime) });
    }
    done();
  });
}

export const eventsAccepted = new Counter({ name: 'segments_events_accepted_total', help: 'Events that were stored', registers });

export const cycleSeconds = new Histogram({
  name: 'segments_cycle_seconds', help: 'Seconds of a refresh cycle of one tenant', registers, buckets: [0.05, 0.2, 1, 5, 20, 60, 300, 1200],
});

/** Refreshes that ended, by mode (`incremental`, `full`) and outcome (`succeeded`, `failed`). */
export const refreshesEnded = new Counter({ name: 'segments_refreshes_total', help: 'Refreshes that ended', labelNames: ['mode', 'outcome'], registers });

/** No worker is left that could say of itself that they failed. */
export const refreshesLost = new Counter({ name: 'segments_refreshes_lost_total', help: 'Refreshes whose worker was gone, as the next one found them', registers });

export const sweepsFailed = new Counter({ name: 'segments_sweeps_failed_total', help: 'Sweeps for due work that failed, and come again in seconds', labelNames: ['sweep'], registers });

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
