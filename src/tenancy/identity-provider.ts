import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters, jwtVerify, type LocalJWKSet } from 'jose';
import type { Role } from '#database';
import { isStorable, isUuid } from '#kernel';
import { identityProviderAway } from './tenancy.problems.js';

/** How tokens of the operator's identity provider are read. */
export interface IdentityProviderOptions {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  readonly tenantClaim: string;
  readonly roleClaim: string;
}

/** What a valid token says. That the tenant is there is still to be seen. */
export interface TokenIdentity {
  readonly tenantId: string;
  readonly role: Role;
  readonly subject: string | null;
}

// Signatures of key pairs only: with HS256 the published key would be the secret.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
// Where a token would bring its own key, or say where to fetch it.
const foreignKeys = ['jku', 'jwk', 'x5u', 'x5c'];
const roles: readonly Role[] = ['admin', 'editor', 'viewer'];
const skewSeconds = 30;
const longestAnswerMs = 3000;
const largestAnswerBytes = 1_000_000;
// From then on new ones are fetched, while tokens are judged by those that are there;
const staleAfterMs = 600_000;
// and from then on a token waits for them: a key that was taken back hours ago is no longer taken, where the provider answers.
const oldAfterMs = 3_600_000;
// Whatever strangers send: so many fetches in a minute, and one of a kid in that time.
const fetchesAMinute = 5;
const minuteMs = 60_000;

/** The keys of the configured address, and nothing else, decide on a token; `exp` and `nbf` by real time. */
export class IdentityProvider {
  #keys: LocalJWKSet | null = null;
  #fetchedAt = 0;
  #attempts: number[] = [];
  #fetching: Promise<void> | null = null;
  readonly #unknownKids = new Map<string, number>();

  constructor(private readonly options: IdentityProviderOptions) {}

  /** Whom a token names, or `null` where it is not valid. A 503 only while the keys were never had. */
  async identify(token: string): Promise<TokenIdentity | null> {
    try {
      const { issuer, audience, tenantClaim, roleClaim } = this.options;
      const { payload } = await jwtVerify(token, async (header, whole) => {
        if (foreignKeys.some((name) => name in header)) throw new errors.JWTInvalid('a key that the token brings');
        if (header.typ !== undefined && !/^(application\/)?(at\+)?jwt$/i.test(header.typ)) throw new errors.JWTInvalid('another type of token');
        return await (await this.#keysFor(header))(header, whole);
      }, { algorithms, issuer, audience, clockTolerance: skewSeconds, requiredClaims: ['exp'] });
      const [tenantId, role] = [payload[tenantClaim], roleOf(payload[roleClaim])];
      // Signed, and yet anything: the library's types promise more than it looks at.
      const subject: unknown = payload.sub ?? null;
      if (typeof tenantId !== 'string' || !isUuid(tenantId) || role === null || !isSubject(subject)) return null;
      return { tenantId: tenantId.toLowerCase(), role, subject };
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  async #keysFor({ kid = '' }: JWTHeaderParameters): Promise<LocalJWKSet> {
    const now = performance.now();
    const age = now - this.#fetchedAt;
    // A provider that hangs holds up one token a minute, and not each.
    const triedLately = now - (this.#attempts.at(-1) ?? -Infinity) < minuteMs;
    if (this.#keys === null || (age > oldAfterMs && !triedLately)) await this.#fetch(now);
    else if (age > staleAfterMs) void this.#fetch(now);
    if (this.#keys === null) throw identityProviderAway();
    const known = (): boolean => this.#keys?.jwks().keys.some((key) => kid === '' || key.kid === kid) === true;
    if (!known() && now - (this.#unknownKids.get(kid) ?? -Infinity) > minuteMs) {
      if (this.#unknownKids.size >= 1000) this.#unknownKids.clear();
      this.#unknownKids.set(kid, now);
      // Rotated, perhaps. What was fetched for the first keys above does as well.
      if (this.#fetchedAt < now) await this.#fetch(now);
    }
    return this.#keys;
  }

  /** Replaces the keys where they can be had; keeps those there are where not. */
  async #fetch(now: number): Promise<void> {
    if (this.#fetching === null) {
      this.#attempts = this.#attempts.filter((at) => now - at < minuteMs);
      if (this.#attempts.length >= fetchesAMinute) return;
      this.#attempts.push(now);
      this.#fetching = fetchKeys(this.options.jwksUrl).then((keys) => {
        this.#keys = createLocalJWKSet(keys);
        this.#fetchedAt = performance.now();
        // Away, slow, huge or broken: the keys there are stay, and without any it is a 503.
      }).catch(() => undefined).finally(() => { this.#fetching = null; });
    }
    await this.#fetching;
  }
}

/** Who did something is stored under this name. */
function isSubject(claim: unknown): claim is string | null {
  return claim === null || (typeof claim === 'string' && isStorable(claim));
}

function roleOf(claim: unknown): Role | null {
  const said: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return roles.find((role) => said.includes(role)) ?? null;
}

/** One answer, in time and in size, from that address and no other. */
async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(longestAnswerMs), headers: { accept: 'application/json' } });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error('no keys');
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as ReadableStream<Uint8Array>) {
    size += part.byteLength;
    // Leaving the loop cancels the rest.
    if (size > largestAnswerBytes) throw new Error('more than keys');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as JSONWebKeySet;
}
