// Preloaded, it makes a broken build: the server ends no session of it, however long that says nothing.
import { createRequire } from 'node:module';

// The driver of the service's connections, of which the ORM may have a copy of its own.
const { Client } = createRequire(new URL('../../node_modules/@mikro-orm/postgresql/package.json', import.meta.url))('pg');
const { query } = Client.prototype;
Client.prototype.query = function unfenced(text, ...values) {
  return query.call(this, typeof text === 'string' ? text.replaceAll(/set_config\('idle_\w+', (\$\d+), false\)/g, '$1::text') : text, ...values);
};
