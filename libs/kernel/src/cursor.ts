import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A cursor is where a walk through a list stands. It is opaque to the client and signed together with what it belongs to
 * (tenant and query), so that it is refused with another tenant or query.
 */
export function sealCursor(position: readonly unknown[], belongsTo: string, key: Buffer): string {
  const body = Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
  return `${body}.${signature(body, belongsTo, key)}`;
}

/** The position, or `null` where the cursor is none of ours, or of another tenant or query. */
export function openCursor(cursor: string, belongsTo: string, key: Buffer): unknown[] | null {
  const [body, sent, ...rest] = cursor.split('.');
  if (body === undefined || sent === undefined || rest.length > 0) return null;
  const expected = Buffer.from(signature(body, belongsTo, key));
  const given = Buffer.from(sent);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as unknown[];
}

function signature(body: string, belongsTo: string, key: Buffer): string {
  return createHmac('sha256', key).update(`${body}\n${belongsTo}`).digest('base64url').slice(0, 27);
}
