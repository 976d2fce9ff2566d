import { createHash, randomBytes } from 'node:crypto';
import { isUuid } from '#kernel';

/** A new key's secret: 192 bits from the system's generator. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** SHA-256: the secret is random, so that a slow hash would protect nothing and cost each request. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** So much of a secret is shown: 36 of its 192 bits. */
export function beginningOf(secret: string): string {
  return secret.slice(0, 6);
}

export function formatKey(tenantId: string, secret: string): string {
  return `sk_${tenantId}_${secret}`;
}

/** Whether a text has the three parts of a signed token; a key has no dots. */
export function looksLikeToken(text: string): boolean {
  return text.split('.').length === 3;
}

/** The parts of a key, or `null` where the text is none. */
export function parseKey(text: string): { tenantId: string; secret: string } | null {
  const found = /^sk_([0-9a-f-]{36})_([\w-]{16,100})$/i.exec(text);
  const [, tenantId, secret] = found ?? [];
  return tenantId !== undefined && secret !== undefined && isUuid(tenantId) ? { tenantId: tenantId.toLowerCase(), secret } : null;
}
