import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { sql, type TenantTransaction } from '#database';
import { idempotencyKeyBusy, idempotencyKeyInvalid, idempotencyKeyRefused, idempotencyKeyReused } from './tenancy.problems.js';

/** An `Idempotency-Key` with the hash of the request that it came with; `null` where none was sent. */
export type Once = { readonly keyHash: Buffer; readonly requestHash: Buffer } | null;

const lifetimeMs = 24 * 3_600_000;

/** The request's `Idempotency-Key`. */
export const OnceKey = createParamDecorator((_: unknown, context: ExecutionContext): Once => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || key.length === 0 || key.length > 255) throw idempotencyKeyInvalid();
  return { keyHash: sha256(key), requestHash: sha256(`${request.method} ${request.url}\n${bodyText(request.body)}`) };
});

/** Refuses the header where the answer is shown once. */
export const NoOnceKey = createParamDecorator((_: unknown, context: ExecutionContext): null => {
  if (context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'] !== undefined) throw idempotencyKeyRefused();
  return null;
});

export function ApiOnce(): MethodDecorator {
  return applyDecorators(ApiHeader({
    name: 'Idempotency-Key', required: false, description: 'The same key within 24 hours makes nothing twice: the object is answered as it is now.',
  }));
}

/**
 * Runs `create` once per key, in the caller's transaction, and returns the object's id: of a repetition, the first one's.
 * The key is kept in that same transaction, so a failure keeps nothing, whatever it is, a crash included.
 */
export async function onlyOnce(tx: TenantTransaction, once: Once, now: Date, create: () => Promise<string>): Promise<string> {
  if (once === null) return await create();
  const lock = BigInt.asIntN(64, once.keyHash.readBigUInt64BE() ^ BigInt(`0x${tx.tenantId.replaceAll('-', '').slice(16)}`));
  const taken = await tx.row<{ free: boolean }>(sql`select pg_try_advisory_xact_lock(${lock.toString()}::bigint) as free`);
  if (taken?.free !== true) throw idempotencyKeyBusy();
  const found = await tx.row<{ request_hash: Buffer; object_id: string }>(sql`
    select request_hash, object_id from idempotency_key
    where tenant_id = ${tx.tenantId}::uuid and key_hash = ${once.keyHash}
      and created_at > ${new Date(now.getTime() - lifetimeMs)}`);
  if (found !== undefined) {
    if (!found.request_hash.equals(once.requestHash)) throw idempotencyKeyReused();
    return found.object_id;
  }
  const id = await create();
  await tx.write(sql`
    insert into idempotency_key (tenant_id, key_hash, request_hash, status, object_id, created_at)
    values (${tx.tenantId}::uuid, ${once.keyHash}, ${once.requestHash}, 201, ${id}, ${now})
    on conflict (tenant_id, key_hash) do update
      set request_hash = excluded.request_hash, object_id = excluded.object_id, created_at = excluded.created_at`);
  return id;
}

/** A file that is streamed is hashed by whoever reads it: `requestHash` is then of the address alone. */
function bodyText(body: unknown): string | undefined {
  return body instanceof Readable ? '' : JSON.stringify(body);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
