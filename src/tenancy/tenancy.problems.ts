import { conflict, invalid, malformed, Problem, unavailable } from '#kernel';
import type { Access } from '../http/index.js';

export function keyMissing(): Problem {
  return new Problem('unauthorized', 401, 'Unauthorized', 'Send the API key as "Authorization: Bearer sk_…".');
}

export function keyInvalid(): Problem {
  return new Problem('unauthorized', 401, 'Unauthorized', 'This API key is not valid: unknown, expired or revoked.');
}

export function expiryPast(): Problem {
  return invalid([{ path: '/expiresAt', code: 'value_not_allowed', message: 'expiresAt has passed already: the key would never be taken.' }]);
}

export function keyNotValid(): Problem {
  return conflict('key-not-valid', 'This key is expired or revoked, and has no successor: make a new one.');
}

export function tokenInvalid(): Problem {
  return new Problem('unauthorized', 401, 'Unauthorized', 'This token is not valid: expired, of another issuer or audience, not signed by a known key, or without a tenant and role of this service.');
}

export function identityProviderAway(): Problem {
  return unavailable('The keys of the identity provider cannot be had at the moment.', 15);
}

export function tooManyRequests(retryAfter: number): Problem {
  return new Problem('too-many-requests', 429, 'Too many requests', 'This key, its tenant or this address has sent more requests than a minute allows.', [], {}, retryAfter);
}

export function roleTooLow(needed: Access): Problem {
  return new Problem('forbidden', 403, 'Forbidden', `This needs a key with the role "${needed}".`);
}

export function cursorForeign(): Problem {
  return malformed('The cursor is of another list or query.', [{ path: '/cursor', code: 'value_invalid', message: 'The cursor is of another list or query.' }]);
}

export function idempotencyKeyInvalid(): Problem {
  return invalid([{ path: 'Idempotency-Key', code: 'value_invalid', message: 'The Idempotency-Key has 1 to 255 characters.' }]);
}

export function idempotencyKeyRefused(): Problem {
  return invalid([{ path: 'Idempotency-Key', code: 'value_not_allowed', message: 'The answer is shown once and cannot be repeated: this endpoint takes no Idempotency-Key.' }]);
}

export function idempotencyKeyReused(): Problem {
  return invalid([{ path: 'Idempotency-Key', code: 'value_invalid', message: 'This Idempotency-Key was used with another request.' }]);
}

export function idempotencyKeyBusy(): Problem {
  return conflict('idempotency-key-busy', 'A request with this Idempotency-Key is under way.');
}

export function objectErased(): Problem {
  return new Problem('gone', 410, 'Gone', 'The object that this Idempotency-Key made was erased since.');
}
