import { parseExpression } from './cron.js';

/** The operator's identity provider, whose tokens are taken beside API keys. */
export interface IdentityProviderConfig {
  jwksUrl: string;
  issuer: string;
  audience: string;
  tenantClaim: string;
  roleClaim: string;
}

export interface Config {
  /** `null`: a worker without a port. */
  port: number | null;
  host: string;
  databaseUrl: string | null;
  databaseOwnerUrl: string | null;
  /** How long a statement may take, and how long a connection may take to be had. */
  databaseLimits: { statementSeconds: number; connectSeconds: number };
  dataDir: string;
  redisUrl: string | null;
  adminApiKey: string | null;
  identityProvider: IdentityProviderConfig | null;
  /** Requests a minute. */
  rateLimits: { key: number; tenant: number; wrongKeys: number };
  clock: 'system' | 'manual';
  role: 'all' | 'api' | 'worker';
  refreshCron: string;
  analyticsCron: string;
  /** A refresh that takes longer is told of in the log, with its segments. */
  slowRefreshSeconds: number;
  /** The same of an answer, with what it was about. */
  slowAnswerSeconds: number;
  /** Where traces go, and the share of those that begin here. */
  traces: { endpoint: string; share: number } | null;
  production: boolean;
  logLevel: string;
}

/** Every fault of the environment at once, each with the name of its variable. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration is at fault:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** Reads and validates the environment, once, at start-up. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const text = (name: string): string | null => (env[name] === undefined || env[name] === '' ? null : env[name]);
  const oneOf = <T extends string>(name: string, words: readonly T[], otherwise: T): T => {
    const value = text(name);
    if (value === null) return otherwise;
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) faults.push(`${name} is ${JSON.stringify(value)}; it is one of ${words.join(', ')}`);
    return word ?? otherwise;
  };
  const url = (name: string, protocols: readonly string[]): string | null => {
    const value = text(name);
    if (value !== null && !(URL.canParse(value) && protocols.includes(new URL(value).protocol))) {
      faults.push(`${name} is no URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    }
    return value;
  };
  const cron = (name: string, otherwise: string): string => {
    const value = text(name) ?? otherwise;
    const fault = parseExpression(value);
    if (fault !== null) faults.push(`${name} is ${JSON.stringify(value)}, no cron expression: ${fault}`);
    return value;
  };
  const whole = (name: string, otherwise: number, of: string): number => {
    const value = Number(text(name) ?? otherwise);
    if (!Number.isInteger(value) || value < 1) faults.push(`${name} is ${JSON.stringify(env[name])}; it is a whole number of ${of}, 1 at least`);
    return value;
  };
  const perMinute = (name: string, otherwise: number): number => whole(name, otherwise, 'requests a minute');
  const role = oneOf('ROLE', ['all', 'api', 'worker'], 'all');
  // Several workers share a machine: one has a port where it is given one.
  const port = text('PORT') === null && role === 'worker' ? null : Number(text('PORT') ?? '3000');
  if (port !== null && (!Number.isInteger(port) || port < 0 || port > 65_535)) faults.push(`PORT is ${JSON.stringify(env['PORT'])}; it is a whole number from 0 to 65535`);
  const config: Config = {
    port,
    host: text('HOST') ?? '127.0.0.1',
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    databaseOwnerUrl: url('DATABASE_OWNER_URL', ['postgres:', 'postgresql:']),
    databaseLimits: { statementSeconds: whole('DATABASE_STATEMENT_SECONDS', 60, 'seconds'), connectSeconds: whole('DATABASE_CONNECT_SECONDS', 20, 'seconds') },
    dataDir: text('DATA_DIR') ?? './.data',
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    adminApiKey: text('ADMIN_API_KEY'),
    identityProvider: identityProviderOf(text, faults),
    rateLimits: { key: perMinute('RATE_LIMIT_KEY', 60_000), tenant: perMinute('RATE_LIMIT_TENANT', 120_000), wrongKeys: perMinute('RATE_LIMIT_WRONG_KEYS', 1_000) },
    clock: oneOf('CLOCK', ['system', 'manual'], 'system'),
    role,
    refreshCron: cron('REFRESH_CRON', '*/30 * * * *'),
    analyticsCron: cron('ANALYTICS_CRON', '0 2 * * *'),
    slowRefreshSeconds: whole('SLOW_REFRESH_SECONDS', 10, 'seconds'),
    slowAnswerSeconds: whole('SLOW_ANSWER_SECONDS', 10, 'seconds'),
    traces: tracesOf(url('OTEL_EXPORTER_OTLP_ENDPOINT', ['http:', 'https:']), text('OTEL_TRACES_SAMPLER_ARG') ?? '1', faults),
    production: env['NODE_ENV'] === 'production',
    logLevel: oneOf('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  };
  if (config.clock === 'manual' && config.production) faults.push('CLOCK=manual is refused where NODE_ENV=production');
  if (config.databaseOwnerUrl !== null && config.databaseUrl === null) faults.push('DATABASE_OWNER_URL is given without DATABASE_URL');
  if (faults.length > 0) throw new ConfigFault(faults);
  return config;
}

/** What is taken, but is hardly meant: said in the log at start-up. */
export function configWarnings({ adminApiKey }: Config): string[] {
  return adminApiKey !== null && adminApiKey.length < 16 ? ['ADMIN_API_KEY has fewer than 16 characters: a key so short can be guessed.'] : [];
}

function tracesOf(endpoint: string | null, share: string, faults: string[]): Config['traces'] {
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(share)) faults.push(`OTEL_TRACES_SAMPLER_ARG is ${JSON.stringify(share)}; it is a share from 0 to 1`);
  return endpoint === null ? null : { endpoint, share: Number(share) };
}

/** All of it or nothing: a token of any issuer or audience would be a way in. */
function identityProviderOf(text: (name: string) => string | null, faults: string[]): IdentityProviderConfig | null {
  const [jwksUrl, issuer, audience] = [text('JWKS_URL'), text('JWT_ISSUER'), text('JWT_AUDIENCE')];
  const claims = { tenantClaim: text('JWT_TENANT_CLAIM') ?? 'tenant_id', roleClaim: text('JWT_ROLE_CLAIM') ?? 'role' };
  if (jwksUrl === null && issuer === null && audience === null) return null;
  for (const [name, value] of Object.entries({ JWKS_URL: jwksUrl, JWT_ISSUER: issuer, JWT_AUDIENCE: audience })) {
    if (value === null) faults.push(`${name} is missing: JWKS_URL, JWT_ISSUER and JWT_AUDIENCE are set together`);
  }
  if (jwksUrl !== null && !isSafeAddress(jwksUrl)) faults.push('JWKS_URL is no https:// URL without a login (http:// is for this machine only)');
  return { jwksUrl: jwksUrl ?? '', issuer: issuer ?? '', audience: audience ?? '', ...claims };
}

function isSafeAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  const here = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && here));
}
