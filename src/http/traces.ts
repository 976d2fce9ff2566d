import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type * as Otel from '@opentelemetry/api';
import type { Context, Span as OtelSpan, TextMapPropagator, Tracer as OtelTracer } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { FastifyInstance } from 'fastify';
import { inSpan, keepSpans, type Span, type SpanBeginning, spansAreKept, type Tracer } from '#kernel';
import type { Config } from '../config.js';

/** A stop does not wait longer for a collector that does not answer. */
const flushMs = 5000;

/** Asked several times a minute by machines; their spans would be most of all. */
const unshown = /^\/(health|metrics)(\/|$)/;

/**
 * Sends spans to an OTLP collector over HTTP, from here until the function that it answers with, which sends the last of
 * them. The libraries are loaded here and nowhere else. Their global provider stays unset: what other libraries would tell
 * of us by themselves (the queue's the messages of its errors) is not ours to send.
 */
export async function startTraces({ endpoint, share }: NonNullable<Config['traces']>): Promise<() => Promise<void>> {
  const [otel, { W3CTraceContextPropagator }, resources, sdk, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'), import('@opentelemetry/core'), import('@opentelemetry/resources'), import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const { envDetector, serviceNameEnvDetector } = resources;
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': 'contact-segments' })
      .merge(resources.detectResources({ detectors: [envDetector, serviceNameEnvDetector] })),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: telling(new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })) })],
  });
  keepSpans(tracerOf(otel, provider.getTracer('contact-segments'), new W3CTraceContextPropagator()));
  return async () => {
    keepSpans(null);
    await Promise.race([provider.shutdown().catch(() => undefined), after(flushMs, undefined, { ref: false })]);
  };
}

function tracerOf({ SpanKind, SpanStatusCode, trace, ROOT_CONTEXT, defaultTextMapGetter }: typeof Otel, tracer: OtelTracer, propagator: TextMapPropagator): Tracer {
  const running = new AsyncLocalStorage<Context>();
  const kinds = { request: SpanKind.SERVER, job: SpanKind.CONSUMER, step: SpanKind.INTERNAL, statement: SpanKind.CLIENT } satisfies Record<SpanBeginning['kind'], number>;
  const shown = (span: OtelSpan): Span => ({
    tell: (figures) => {
      span.setAttributes(figures);
      if ('error.type' in figures) span.setStatus({ code: SpanStatusCode.ERROR });
    },
  });
  const above = ({ kind, traceparent }: SpanBeginning): Context => {
    if (kind === 'step' || kind === 'statement') return running.getStore() ?? ROOT_CONTEXT;
    return traceparent === undefined ? ROOT_CONTEXT : propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
  };
  return {
    current: () => {
      const span = trace.getSpan(running.getStore() ?? ROOT_CONTEXT);
      return span === undefined ? null : shown(span);
    },
    within: async (beginning, work) => {
      if (beginning.kind === 'statement' && running.getStore() === undefined) return await work({ tell: () => undefined });
      const parent = above(beginning);
      const span = tracer.startSpan(beginning.name, { kind: kinds[beginning.kind], attributes: { ...beginning.figures } }, parent);
      try {
        return await running.run(trace.setSpan(parent, span), work, shown(span));
      } catch (error) {
        shown(span).tell({ 'error.type': kindOf(error) });
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

/** Shows requests by method and route, with their status; no address, query, header or body. */
export function traceRequests(fastify: FastifyInstance): void {
  if (!spansAreKept()) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, routeOptions: { url: route }, headers: { traceparent } } = request;
    if (route !== undefined && unshown.test(route)) {
      done();
      return;
    }
    const figures = { 'http.request.method': method, ...(route === undefined ? {} : { 'http.route': route }), 'request.id': request.id };
    void inSpan({ kind: 'request', name: route === undefined ? method : `${method} ${route}`, figures, ...(typeof traceparent === 'string' ? { traceparent } : {}) },
      async (span) => {
        const { promise: closed, resolve: close } = Promise.withResolvers<void>();
        reply.raw.once('close', () => {
          const status = reply.raw.statusCode;
          span.tell({ 'http.response.status_code': status, ...(status >= 500 ? { 'error.type': String(status) } : {}), ...(reply.raw.writableFinished ? {} : { 'http.cut_off': true }) });
          close();
        });
        done();
        await closed;
      });
  });
}

/** The code or the name of an error, never its message, which may quote data. */
function kindOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return [code, name].find((word): word is string => typeof word === 'string' && /^[A-Za-z0-9_]{2,60}$/.test(word)) ?? '_OTHER';
}

/** Says once that spans do not arrive, and again after some have. */
function telling(exporter: SpanExporter): SpanExporter {
  const log = new Logger('Traces');
  let arriving = true;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined && arriving) log.warn({ msg: 'traces do not arrive', error: kindOf(result.error) });
        arriving = result.error === undefined;
        done(result);
      });
    },
    shutdown: async () => { await exporter.shutdown(); },
  };
}
