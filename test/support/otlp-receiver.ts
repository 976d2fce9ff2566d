import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector gets it. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  status: { code?: number };
  figures: Record<string, string | number | boolean>;
}

export interface OtlpReceiver {
  endpoint: string;
  /** Addresses and bodies of all that was sent, as text. */
  sent: string[];
  spans(): ReceivedSpan[];
  stop(): Promise<void>;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string; boolValue?: boolean };
}

/** A collector that takes OTLP over HTTP as JSON, and keeps it. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const bodies: string[] = [];
  const sent: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => { parts.push(part); });
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      bodies.push(body);
      sent.push(`${request.method} ${request.url} ${body}`);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening); });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    spans: () => bodies.flatMap((body) => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: (Omit<ReceivedSpan, 'figures'> & { attributes: Attribute[] })[] }[] }[] };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ attributes, ...span }) => ({ ...span, figures: figuresOf(attributes) }))));
    }),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => { server.close(closed); });
    },
  };
}

function figuresOf(attributes: readonly Attribute[]): ReceivedSpan['figures'] {
  return Object.fromEntries(attributes.map(({ key, value: { stringValue, intValue, boolValue } }) => [key, stringValue ?? boolValue ?? Number(intValue)]));
}
