import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/**
 * What the process has done since its start, for Prometheus. Labels name kinds, never a tenant, a person or an address: a
 * page of metrics takes no key. Beside these are those of the process itself, the lag of its event loop among them.
 */
export const figures = new Registry();
collectDefaultMetrics({ register: figures });

const registers = [figures];

/** HTTP answers by class of status (`2xx` …). */
export const httpAnswers = new Counter({ name: 'segments_http_answers_total', help: 'HTTP answers, by class of status', labelNames: ['status'], registers });

export const httpSeconds = new Histogram({
  name: 'segments_http_seconds', help: 'Seconds from a request to its answer, by class of status', labelNames: ['status'], registers,
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30, 120],
});

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
