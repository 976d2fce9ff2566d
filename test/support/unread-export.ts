import { get, type IncomingMessage } from 'node:http';
import type { TestService, TestTenant } from './service.js';

/** An export whose client takes what the line itself holds, and nothing more until it leaves. */
export interface UnreadExport {
  /** The status, once there is an answer. */
  readonly answered: Promise<number>;
  leave(): void;
}

export function exportUnread(service: TestService, tenant: TestTenant, path: string): UnreadExport {
  const answered = Promise.withResolvers<number>();
  // Who leaves before there is an answer asks for none.
  answered.promise.catch(() => undefined);
  const request = get(`${service.url}/api/v1${path}`, { agent: false, headers: { authorization: `Bearer ${tenant.apiKey}` } }, (response: IncomingMessage) => {
    response.on('error', () => undefined);
    answered.resolve(response.statusCode ?? 0);
  });
  request.on('error', (error) => { answered.reject(error); });
  return { answered: answered.promise, leave: () => { request.destroy(); } };
}

/** More of a tenant's contacts than a line holds: some 20 MB of them. */
export async function fillForExports(tenant: TestTenant): Promise<void> {
  for (const from of [0, 5000]) {
    const contacts = Array.from({ length: 5000 }, (_, n) => ({ email: `large${from + n}@example.com`, company: 'x'.repeat(2000) }));
    const { status } = await tenant.request('POST', '/contacts/batch', { contacts });
    if (status !== 200) throw new Error(`contacts for exports: ${status}`);
  }
}
