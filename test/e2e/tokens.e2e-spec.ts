import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { newId, realTime } from '#kernel';
import { startTestService, type TestService, type TestTenant } from '../support/service.js';
import { asOwner } from '../support/tenant-world.js';

const issuer = 'https://id.example.com';
const audience = 'contact-segments';

interface SigningKey { kid: string; alg: string; privateKey: CryptoKey; jwk: JWK }

async function newKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: 'sig' } };
}

function answerKeys(response: ServerResponse, keys: readonly SigningKey[]): void {
  response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
}

/** An identity provider whose answer a test chooses; it counts how often it was asked. */
class Provider {
  readonly #server: Server;
  fetches = 0;
  readonly paths = new Set<string | undefined>();
  answer: (response: ServerResponse) => void = (response) => { response.destroy(); };

  constructor() {
    this.#server = createServer(({ url }, response) => {
      this.fetches += 1;
      this.paths.add(url);
      this.answer(response);
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port ?? 0 : 0}/keys`;
  }

  publish(...keys: SigningKey[]): void {
    this.answer = (response) => { answerKeys(response, keys); };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('Tokens of the identity provider', () => {
  let provider: Provider;
  let jwksUrl: string;
  let service: TestService;
  let tenant: TestTenant;
  let key: SigningKey;
  const started = (): number => Math.floor(realTime.now().getTime() / 1000);

  const token = async (claims: JWTPayload = {}, header: Record<string, unknown> = {}, by = key): Promise<string> =>
    await new SignJWT({ iss: issuer, aud: audience, sub: 'u-1', exp: started() + 600, tenant_id: tenant.id, role: 'editor', ...claims })
      .setProtectedHeader({ alg: by.alg, kid: by.kid, ...header }).sign(by.privateKey);
  const statusOf = async (text: string): Promise<number> => (await tenant.as(text)('GET', '/segments')).status;

  beforeEach(async () => {
    provider = new Provider();
    jwksUrl = await provider.start();
    service = await startTestService({ JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience });
    tenant = await service.tenant();
    key = await newKey('first');
    provider.publish(key);
  });
  afterEach(async () => {
    await service.stop();
    provider.stop();
  });

  it('are refused from the moment on in which their tenant is being removed', async () => {
    const own = await token();
    expect(await statusOf(own)).toBe(200);
    await asOwner(service.databaseUrl, async (owner) => { await owner.query('update tenant set removing_at = now() where id = $1', [tenant.id]); });
    expect(await statusOf(own)).toBe(401);
  });

  it('act for their tenant with their role, and say who did it', async () => {
    const request = tenant.as(await token());
    const made = await request<{ createdBy: string }>('POST', '/segments', { name: 'By hand', type: 'static' });
    expect({ status: made.status, createdBy: made.body.createdBy }).toEqual({ status: 201, createdBy: 'user:u-1' });
    const viewer = tenant.as(await token({ role: 'viewer' }));
    expect((await viewer('POST', '/segments', { name: 'Not mine', type: 'static' })).status).toBe(403);
    expect((await tenant.request<{ items: unknown[] }>('GET', '/segments')).body.items).toHaveLength(1);
    expect(provider.fetches).toBe(1);
  });

  it('are in the document as what a tenant\'s operations take beside a key, and the operator\'s do not', async () => {
    const { components, paths } = await (await fetch(`${service.url}/openapi.json`)).json() as {
      components: { securitySchemes: Record<string, { bearerFormat?: string }> }; paths: Record<string, Record<string, { security: object[] }>>;
    };
    expect(components.securitySchemes['token']?.bearerFormat).toBe('JWT');
    expect(paths['/api/v1/contacts']?.['get']?.security).toEqual([{ key: [] }, { token: [] }]);
    expect(paths['/api/v1/admin/tenants']?.['post']?.security).toEqual([{ operator: [] }]);
  });

  it('are refused where any of what they must be is not so', async () => {
    const stranger = await newKey('first');
    const hmacBy = async (secret: string): Promise<string> => await new SignJWT({ iss: issuer, aud: audience, exp: started() + 600, tenant_id: tenant.id, role: 'admin' })
      .setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(Buffer.from(secret));
    const pem = await exportSPKI(await importJWK(key.jwk, 'RS256') as CryptoKey);
    const unsigned = [{ alg: 'none', typ: 'JWT' }, { iss: issuer, aud: audience, exp: started() + 600, tenant_id: tenant.id, role: 'admin' }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const bad: Record<string, string> = {
      'no algorithm': `${unsigned}.`,
      'the public key as a secret': await hmacBy(JSON.stringify(key.jwk)),
      'the public key as a secret, as PEM': await hmacBy(pem),
      'the public key as a secret, as PEM without its last line end': await hmacBy(pem.trimEnd()),
      'signed by another key of the same id': await token({}, {}, stranger),
      'another issuer': await token({ iss: 'https://evil.example.com' }),
      'another audience': await token({ aud: 'another-service' }),
      'expired by more than the skew': await token({ exp: started() - 60 }),
      'not yet valid': await token({ nbf: started() + 120 }),
      'no expiry': await token({ exp: undefined }),
      'a key of its own': await token({}, { jwk: stranger.jwk }, stranger),
      'an address of keys': await token({}, { jku: 'http://127.0.0.1:9/keys' }),
      'a certificate of its own': await token({}, { x5c: ['MIIBszCCARygAwIBAgIUQf'] }, stranger),
      'a certificate of its own, by the right key': await token({}, { x5c: ['MIIBszCCARygAwIBAgIUQf'] }),
      'an address of certificates': await token({}, { x5u: `${jwksUrl}/certificates` }, stranger),
      'a subject that is a number': await token({ sub: 7 as unknown as string }),
      'a subject that is a list': await token({ sub: ['u-1'] as unknown as string }),
      'a subject that cannot be stored': await token({ sub: 'u\u0000' }),
      'half a surrogate pair as its subject': await token({ sub: 'u\ud800' }),
      'another type': await token({}, { typ: 'logout+jwt' }),
      'no tenant': await token({ tenant_id: undefined }),
      'a tenant that is not there': await token({ tenant_id: newId() }),
      'a tenant that is no id': await token({ tenant_id: '\' or true' }),
      'no role': await token({ role: undefined }),
      'an unknown role': await token({ role: 'operator' }),
    };
    const answers = await Promise.all(Object.entries(bad).map(async ([what, text]) => [what, await statusOf(text)]));
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(Object.keys(bad).map((what) => [what, 401])));
    expect(await statusOf(await token({ exp: started() - 10 }))).toBe(200);
    expect(provider.paths).toEqual(new Set(['/keys']));
  });

  it.each(['ES256', 'ES384', 'PS256', 'RS512', 'EdDSA'])('may be signed by %s', async (alg) => {
    const other = await newKey('other', alg);
    provider.publish(key, other);
    expect(await statusOf(await token({}, {}, other))).toBe(200);
    expect(await statusOf(await token({}, {}, await newKey('other', alg)))).toBe(401);
  });

  it('expire by real time, whatever the clock of the service says', async () => {
    await service.clock('2020-01-01T00:00:00Z');
    expect(await statusOf(await token({ exp: started() - 3600 }))).toBe(401);
    await service.clock('2090-01-01T00:00:00Z');
    expect(await statusOf(await token())).toBe(200);
  });

  it('cause one fetch for an unknown key, and few for many unknown keys', async () => {
    expect(await statusOf(await token())).toBe(200);
    const unknown = await token({}, { kid: 'unknown' });
    for (let at = 0; at < 5; at += 1) expect(await statusOf(unknown)).toBe(401);
    expect(provider.fetches).toBe(2);
    for (let at = 0; at < 20; at += 1) expect(await statusOf(await token({}, { kid: `made-up-${at}` }))).toBe(401);
    expect(provider.fetches).toBeLessThanOrEqual(5);
  });

  it('are taken at once after a rotation, and those of the old key no more', async () => {
    const old = await token();
    expect(await statusOf(old)).toBe(200);
    const next = await newKey('second');
    provider.publish(next);
    expect(await statusOf(await token({}, {}, next))).toBe(200);
    expect(await statusOf(old)).toBe(401);
  });

  it('are a 503 only while the keys were never had: away, huge, broken or elsewhere', async () => {
    const faults: ((response: ServerResponse) => void)[] = [
      (response) => { response.destroy(); },
      (response) => { response.end(`{"keys":[${' '.repeat(3_000_000)}]}`); },
      // Where it leads there are keys, and they are not asked for.
      (response) => {
        if (response.req.url === '/keys') response.writeHead(302, { location: '/elsewhere' }).end();
        else answerKeys(response, [key]);
      },
      (response) => { response.writeHead(500).end(); },
    ];
    for (const fault of faults) {
      provider.answer = fault;
      const { status, headers } = await tenant.as(await token())('GET', '/segments');
      expect({ status, after: headers.get('retry-after') }).toEqual({ status: 503, after: '15' });
    }
    expect((await tenant.request('GET', '/segments')).status).toBe(200);
    provider.publish(key);
    expect(await statusOf(await token())).toBe(200);
    provider.answer = (response) => { response.destroy(); };
    expect(await statusOf(await token({}, { kid: 'unknown' }))).toBe(401);
    expect(await statusOf(await token())).toBe(200);
  });

  it('wait for a slow provider no longer than its limit', async () => {
    provider.answer = () => undefined;
    expect(await statusOf(await token())).toBe(503);
  });
});
