// Preloaded, it makes a broken build: the server ends no session of it, however long that says nothing.
import { createRequire } from 'node:module';

// The driver of the service's connections, of which the ORM may have a copy of its own.
const { Client } = createRequire(new URL('../../node_modules/@mikro-orm/postgresql/package.json', import.meta.url))('pg');
const { query } = Client.prototype;
Client.prototype.query = function unfenced(text, values, ...rest) {
  // Names of settings, each before what it is set to.
  const sets = typeof text === 'string' && text.includes('set_config(') && Array.isArray(values);
  return query.call(this, text, sets ? values.map((value, at) => (/^idle_/.test(String(values[at - 1])) ? '0' : value)) : values, ...rest);
};
