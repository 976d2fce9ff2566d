import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { notFound, Problem, tellSpan } from '#kernel';
import type { Role } from '#database';
import type { Config } from '../config.js';
import { type Access, accessOf, CLOCK, type Clock, CONFIG } from '../http/index.js';
import { ApiKeysService } from './api-keys.service.js';
import type { Caller, CallerRequest } from './caller.js';
import { hashSecret, looksLikeToken } from './keys.js';
import { RateLimits } from './rate-limits.js';
import { TokensService } from './tokens.service.js';
import { keyInvalid, keyMissing, roleTooLow, tokenInvalid } from './tenancy.problems.js';

const rank: Readonly<Record<Role, number>> = { viewer: 1, editor: 2, admin: 3 };

/** Guards every route: a key of the tenant or a token, with the role, or the operator's key. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly tokens: TokensService,
    private readonly limits: RateLimits,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const access = accessOf(context.getHandler(), context.getClass(), request.method);
    // As a rule it was admitted before its body was read.
    if (request.admittedTo !== access) await this.admit(request, access);
    return true;
  }

  /** Throws the refusal of who may not use a route of this access; else keeps with the request who sends it. */
  async admit(request: CallerRequest, access: Access): Promise<void> {
    const caller = access === 'public' ? null : await this.authenticate(request, access);
    if (caller !== null) {
      tellSpan({ 'tenant.id': caller.tenantId });
      await this.limits.count(caller);
      if (access !== 'public' && access !== 'operator' && rank[caller.role] < rank[access]) throw roleTooLow(access);
      request.caller = caller;
    }
    request.admittedTo = access;
  }

  /** Who sends the request, or `null` for the operator. Each refusal is counted for the address that it comes from. */
  private async authenticate(request: FastifyRequest, access: Access): Promise<Caller | null> {
    try {
      if (access !== 'operator') return await this.callerOf(bearerOf(request));
      this.letOperatorIn(request);
      return null;
    } catch (refusal) {
      if (refusal instanceof Problem && refusal.status === 401) await this.limits.countWrongKey(request.ip);
      throw refusal;
    }
  }

  private async callerOf(bearer: string): Promise<Caller> {
    const isToken = this.tokens.accepted && looksLikeToken(bearer);
    const caller = isToken ? await this.tokens.authenticate(bearer) : await this.keys.authenticate(bearer, this.clock.now());
    if (caller === null) throw isToken ? tokenInvalid() : keyInvalid();
    return caller;
  }

  private letOperatorIn(request: FastifyRequest): void {
    const { adminApiKey } = this.config;
    // Without the variable these endpoints do not exist.
    if (adminApiKey === null) throw notFound('endpoint', request.routeOptions.url ?? '');
    // Hashes, so that the comparison takes the same time whatever the lengths.
    if (!timingSafeEqual(hashSecret(bearerOf(request)), hashSecret(adminApiKey))) throw keyInvalid();
  }
}

function bearerOf(request: FastifyRequest): string {
  const found = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
  if (found?.[1] === undefined) throw keyMissing();
  return found[1];
}
