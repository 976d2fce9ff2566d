import { ConfigFault, configWarnings, readConfig } from './config.js';

describe('The configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000, host: '127.0.0.1', databaseUrl: null, dataDir: './.data', adminApiKey: null, clock: 'system', role: 'all', refreshCron: '*/30 * * * *',
    });
  });

  it('tells every fault at once, each with the name of its variable', () => {
    const read = (): unknown => readConfig({ PORT: 'x', DATABASE_URL: 'mysql://h/d', CLOCK: 'sundial', ROLE: 'boss', REFRESH_CRON: 'often', DATABASE_STATEMENT_SECONDS: '0', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318', OTEL_TRACES_SAMPLER_ARG: '50%' });
    expect(read).toThrow(ConfigFault);
    for (const name of ['PORT', 'DATABASE_URL', 'CLOCK', 'ROLE', 'REFRESH_CRON', 'DATABASE_STATEMENT_SECONDS', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_TRACES_SAMPLER_ARG']) expect(read).toThrow(name);
  });

  it('takes an operator\'s key of any length, and warns of a short one', () => {
    const short = readConfig({ ADMIN_API_KEY: 'short' });
    expect(short.adminApiKey).toBe('short');
    expect(configWarnings(short)).toEqual([expect.stringContaining('ADMIN_API_KEY')]);
    expect(configWarnings(readConfig({ ADMIN_API_KEY: '0123456789abcdef' }))).toEqual([]);
    expect(configWarnings(readConfig({ ADMIN_API_KEY: '' }))).toEqual([]);
  });

  it('gives a worker a port only where one is set, so that several share a machine', () => {
    expect(readConfig({ ROLE: 'worker' }).port).toBeNull();
    expect(readConfig({ ROLE: 'worker', PORT: '9100' }).port).toBe(9100);
    expect(readConfig({ ROLE: 'api' }).port).toBe(3000);
    expect(() => readConfig({ ROLE: 'worker', PORT: 'x' })).toThrow('PORT');
  });

  it('refuses a manual clock in production', () => {
    expect(() => readConfig({ CLOCK: 'manual', NODE_ENV: 'production' })).toThrow('CLOCK=manual');
  });

  it('takes the variables of an identity provider together, and its keys over https only', () => {
    const whole = { JWT_ISSUER: 'https://id.example.com', JWT_AUDIENCE: 'segments' };
    expect(readConfig({ ...whole, JWKS_URL: 'https://id.example.com/keys' }).identityProvider).toMatchObject({ tenantClaim: 'tenant_id', roleClaim: 'role' });
    expect(() => readConfig(whole)).toThrow('JWKS_URL');
    expect(() => readConfig({ JWKS_URL: 'https://id.example.com/keys' })).toThrow('JWT_AUDIENCE');
    for (const url of ['http://id.example.com/keys', 'https://me:secret@id.example.com/keys', 'file:///etc/keys']) {
      expect(() => readConfig({ ...whole, JWKS_URL: url })).toThrow('JWKS_URL');
    }
  });
});
