import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { newId, realTime } from '#kernel';
import { IdentityProvider } from './identity-provider.js';

const minute = 60_000;
const tenantId = newId();

describe('The keys of an identity provider', () => {
  let server: Server;
  let provider: IdentityProvider;
  let answer: (response: ServerResponse) => void;
  let fetches = 0;
  let passed = 0;
  const keys = new Map<string, { privateKey: CryptoKey; jwk: JWK }>();

  beforeAll(async () => {
    for (const kid of ['first', 'second']) {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
      keys.set(kid, { privateKey, jwk: { ...await exportJWK(publicKey), kid, alg: 'ES256' } });
    }
    server = createServer((_request, response) => {
      fetches += 1;
      answer(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    [fetches, passed] = [0, 0];
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + passed);
    provider = new IdentityProvider({
      jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, issuer: 'me', audience: 'you', tenantClaim: 'tenant', roleClaim: 'role',
    });
    publish('first');
  });
  afterEach(() => { jest.restoreAllMocks(); });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function publish(kid: string): void {
    answer = (response) => { response.end(JSON.stringify({ keys: [keys.get(kid)!.jwk] })); };
  }
  const hang = (): void => { answer = () => undefined; };
  const token = async (kid: string): Promise<string> => await new SignJWT({ iss: 'me', aud: 'you', exp: Math.floor(realTime.now().getTime() / 1000) + 600, tenant: tenantId, role: 'editor' })
    .setProtectedHeader({ alg: 'ES256', kid }).sign(keys.get(kid)!.privateKey);
  /** Whether a token by this key is taken, and whether nobody waited. */
  const take = async (kid: string): Promise<{ taken: boolean; atOnce: boolean }> => {
    const text = await token(kid);
    const began = performance.now();
    const identity = await provider.identify(text);
    return { taken: identity !== null, atOnce: performance.now() - began < 1000 };
  };

  it('that are older than ten minutes keep no token waiting while the provider hangs', async () => {
    expect(await take('first')).toMatchObject({ taken: true });
    hang();
    passed = 11 * minute;
    for (let at = 0; at < 3; at += 1) expect(await take('first')).toEqual({ taken: true, atOnce: true });
    expect(fetches).toBe(2);
  });

  it('that are older than ten minutes are replaced beside the token that finds them so', async () => {
    expect(await take('first')).toMatchObject({ taken: true });
    publish('second');
    passed = 11 * minute;
    expect(await take('first')).toEqual({ taken: true, atOnce: true });
    for (let at = 0; at < 100 && (await take('first')).taken; at += 1) await new Promise((resolve) => { setTimeout(resolve, 20); });
    expect([await take('first'), await take('second')]).toMatchObject([{ taken: false }, { taken: true }]);
  });

  it('that are older than an hour take nobody in who was taken back', async () => {
    expect(await take('first')).toMatchObject({ taken: true });
    publish('second');
    passed = 61 * minute;
    expect(await take('first')).toMatchObject({ taken: false });
  });

  it('that are older than an hour hold up one token a minute while the provider hangs', async () => {
    expect(await take('first')).toMatchObject({ taken: true });
    hang();
    passed = 61 * minute;
    const answers = await Promise.all([take('first'), take('first'), take('first')]);
    expect(answers.map(({ taken }) => taken)).toEqual([true, true, true]);
    expect(answers.filter(({ atOnce }) => !atOnce)).toHaveLength(1);
  }, 20_000);
});
