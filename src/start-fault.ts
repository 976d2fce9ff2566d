import { ConfigFault } from './config.js';

/** Why a service did not start, in words that say what to do; only where we know no better, the stack. */
export function whyNotStarted(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigFault || ['EmbeddedPostgresFault', 'RedisAway'].includes(error.name)) return error.message;
  const { code, address, port } = error as { code?: unknown; address?: unknown; port?: unknown };
  const place = `${String(address)}:${String(port)}`;
  if (code === 'EADDRINUSE') return `Another program listens on ${place}: stop it, or set PORT to another.`;
  if (code === 'EACCES' && port !== undefined) return `Listening on ${place} is not permitted: set PORT to one of 1024 or more.`;
  if (code === 'ECONNREFUSED') return `The database does not answer on ${place}: start it, or correct DATABASE_URL.`;
  return error.stack ?? error.message;
}
