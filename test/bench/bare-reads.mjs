// What a reading of one contact costs without the service: a bare Fastify and pg handler that sends the same statements, the
// tenant's setting, the key, the reading, the commit. DATABASE_URL, POOL; prints its port.
import { createHash } from 'node:crypto';
import fastify from 'fastify';
import pg from 'pg';

const { DATABASE_URL: connectionString, POOL = '10' } = process.env;
const pool = new pg.Pool({ connectionString, max: Number(POOL), options: '-c timezone=UTC -c role=segments_app' });

const contact = `select c.id, c.email, c.first_name, c.last_name, c.company, c.job_title, c.phone, c.country, c.state, c.city,
  c.timezone, c.zone, c.source, c.subscription_status, c.lead_score, c.tags, c.custom, c.created_at, c.updated_at from contact c where c.tenant_id = $1::uuid and c.id = $2::uuid`;
const customFields = 'select * from custom_field where tenant_id = $1::uuid order by id';
// See src/segments/sql/read-standings.sql.ts and read-members.sql.ts.
const oldest = '(select c.at from contact_change c where c.tenant_id = $1::uuid order by c.seq limit 1)';
const waiting = `select least(${oldest}, (select min(st.owed_since) from segment_state st where st.tenant_id = $1::uuid and st.at < 'infinity')) as pending_since
  from contact c where c.tenant_id = $1::uuid and c.id = $2::uuid`;
const segments = `select m.segment_id, s.name, s.type, m.since, case s.type when 'dynamic' then st.as_of end as as_of,
    case s.type when 'dynamic' then least(${oldest}, st.owed_since) end as pending_since
  from segment_member m join segment s on s.tenant_id = $1::uuid and s.id = m.segment_id
  left join segment_state st on st.tenant_id = $1::uuid and st.segment_id = m.segment_id
  where m.tenant_id = $1::uuid and m.contact_id = $2::uuid order by m.segment_id limit 51`;

async function read(request, reply, work) {
  const [tenant, secret] = keyOf(request.headers.authorization);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local app.tenant_id = '${tenant}'`);
    const { rows: [key] } = await client.query('select * from api_key where tenant_id = $1 and secret_hash = $2 limit 1', [tenant, createHash('sha256').update(secret).digest()]);
    if (key === undefined || key.revoked_at !== null) return await reply.code(401).send();
    const answer = await work(client, tenant, request.params.id);
    await client.query('commit');
    return answer;
  } finally {
    client.release();
  }
}

/** sk_<tenant>_<secret>: see src/tenancy/keys.ts. */
function keyOf(bearer) {
  return /^Bearer sk_([0-9a-f-]{36})_(.+)$/.exec(bearer).slice(1);
}

const app = fastify();
app.get('/api/v1/contacts/:id', async (request, reply) => await read(request, reply, async (client, tenant, id) => {
  const { rows: [row] } = await client.query(contact, [tenant, id]);
  const { rows: fields } = await client.query(customFields, [tenant]);
  return { ...row, custom: Object.fromEntries(fields.map((field) => [field.key, row.custom[field.id] ?? null])) };
}));
app.get('/api/v1/contacts/:id/segments', async (request, reply) => await read(request, reply, async (client, tenant, id) => {
  const { rows: [there] } = await client.query(waiting, [tenant, id]);
  if (there === undefined) return await reply.code(404).send();
  if (there.pending_since !== null) reply.header('segment-pending-since', there.pending_since.toISOString());
  const { rows: items } = await client.query(segments, [tenant, id]);
  return { items, nextCursor: null };
}));
await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${app.server.address().port}\n`);
