import { ConfigFault, readConfig } from './config.js';

describe('The configuration', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000, host: '127.0.0.1', databaseUrl: null, dataDir: './.data', adminApiKey: null, clock: 'system', role: 'all', refreshCron: '*/30 * * * *',
    });
  });

  it('tells every fault at once, each with the name of its variable', () => {
    const read = (): unknown => readConfig({ PORT: 'x', DATABASE_URL: 'mysql://h/d', CLOCK: 'sundial', ROLE: 'boss', REFRESH_CRON: 'often', ADMIN_API_KEY: 'short' });
    expect(read).toThrow(ConfigFault);
    for (const name of ['PORT', 'DATABASE_URL', 'CLOCK', 'ROLE', 'REFRESH_CRON', 'ADMIN_API_KEY']) expect(read).toThrow(name);
  });

  it('refuses a manual clock in production', () => {
    expect(() => readConfig({ CLOCK: 'manual', NODE_ENV: 'production' })).toThrow('CLOCK=manual');
  });
});
