import { sql, TenantStatements, type Sql } from '#database';
import { templates, toText } from '#rules';
import { generate } from './generate.js';
import { startBenchService } from './service.js';
const asOf = new Date('2026-03-01T12:00:00Z');
const say = (line: string): void => { process.stdout.write(`${line}\n`); };
const bench = await startBenchService(asOf, say);
const contacts = Number(process.env.N ?? 100000);
try {
  await generate(bench.ownerUrl, bench.tenantId, { contacts, events: contacts * 20, seed: 26 }, asOf, say);
  const made: any[] = [];
  for (const { key } of templates) made.push(await bench.request<any>('POST', `/segment-templates/${key}/instantiate`, { createMissing: true }));
  let n = 0;
  while (made.length < 100) {
    const from = made[n % 26];
    let rules = JSON.parse(JSON.stringify(from.rules).replace(/"last":(\d+)/g, (_: string, d: string) => `"last":${Number(d) + 1 + Math.floor(n / 26)}`));
    if (n % 3 === 0) rules = { ...rules, exclusions: [...(rules.exclusions ?? []), { match: 'all', conditions: [{ segment: made[(n + 7) % 26].id, operator: 'in' }] }] };
    made.push(await bench.request<any>('POST', '/segments', { name: `variant ${n}`, type: 'dynamic', rules }));
    n += 1;
  }
  const { RefreshCycle } = await import(new URL('../../dist/src/segments/refresh-cycle.js', import.meta.url).href) as any;
  const { TenantStatements: TS } = await import(new URL('../../dist/libs/database/src/index.js', import.meta.url).href) as any;
  const cycle = (bench as any).app.get(RefreshCycle, { strict: false });
  const t0 = performance.now();
  for (const one of made) await bench.request('POST', `/segments/${one.id}/refresh`, { waitSeconds: 60 });
  say(`filled in ${((performance.now() - t0) / 1000).toFixed(1)} s`);
  const times: [number, string, Sql, any][] = [];
  let on = false;
  for (const name of ['rows', 'write'] as const) {
    const old = TS.prototype[name];
    TS.prototype[name] = async function timed(this: TenantStatements, statement: Sql) {
      const s = performance.now();
      try { return await old.call(this, statement); } finally { if (on && (name === 'write' || true)) times.push([performance.now() - s, name, statement, null]); }
    };
  }
  const run = async (title: string, prepare: () => Promise<unknown>) => {
    await prepare(); times.length = 0; on = true;
    const s = performance.now(); await cycle.run(bench.tenantId); const ms = performance.now() - s; on = false;
    const last = await bench.database.inTenant(bench.tenantId, async (tx) => await tx.rows<any>(sql`select mode, count(*), max(evaluated) as evaluated, sum(added) as added, sum(removed) as removed, max(changed) as changed, max(moved) as moved, max(duration_ms) from segment_refresh where tenant_id = ${bench.tenantId}::uuid and id in (select distinct on (segment_id) id from segment_refresh where tenant_id = ${bench.tenantId}::uuid order by segment_id, id desc) group by mode`));
    say(`${title}: ${ms.toFixed(0)} ms ${JSON.stringify(last)}`);
    for (const [t, , st] of [...times].sort((a, b) => b[0] - a[0]).slice(0, 6)) say(`   ${t.toFixed(1)} ms ${toText(st).sql.replace(/\s+/g, ' ').slice(0, 110)}`);
  };
  const change = (count: number) => async () => await bench.database.inTenant(bench.tenantId, async (tx) => {
    await tx.write(sql`with picked as (select id from contact where tenant_id = ${bench.tenantId}::uuid order by md5(id::text || ${String(count)}) limit ${count}),
      u as (update contact c set lead_score = 100 - coalesce(lead_score, 0), updated_at = ${asOf}::timestamptz from picked where c.tenant_id = ${bench.tenantId}::uuid and c.id = picked.id returning c.id)
      insert into contact_change (tenant_id, kind, contact_id, at) select ${bench.tenantId}::uuid, 'contact', id, ${asOf}::timestamptz from u`);
  });
  let now = asOf.getTime();
  const clock = (ms: number) => async () => { now += ms; await fetch(`${(bench as any).url}/api/v1/admin/clock`, { method: 'PUT', headers: { authorization: 'Bearer the-operator-of-the-benches', 'content-type': 'application/json' }, body: JSON.stringify({ now: new Date(now).toISOString() }) }); };
  await run('warm', change(10));
  for (let i = 0; i < 2; i += 1) {
    await run('one', change(1));
    await run('0.1 %', change(contacts / 1000));
    await run('1 %', change(contacts / 100));
    await run('10,000', change(10000));
    await run('10 %', change(contacts / 10));
    await run('30 minutes', clock(1800e3));
    await run('a day', clock(86400e3));
    await run('nothing', async () => undefined);
  }
  if (process.env.EXPLAIN) {
    const captured: any[] = [];
    await change(1000)();
    const old = TS.prototype.rows; const oldw = TS.prototype.write;
    const wrap = (f: any) => async function (this: any, st: any) {
      const { sql: text, parameters } = toText(st);
      if (/insert into refresh_verdict|with should_be|insert into refresh_candidate/.test(text) ) {
        await this.limitStatements(600000);
        const s = sql`explain (analyze, buffers, settings) ${st}`;
        await old.call(this, sql`savepoint ex`);
        const rows = await old.call(this, s); captured.push(text.slice(0, 100) + ' PARAMS ' + parameters.length + '\n' + rows.map((r: any) => r['QUERY PLAN']).join('\n'));
        await old.call(this, sql`rollback to savepoint ex`);
      }
      return await f.call(this, st);
    };
    TS.prototype.rows = wrap(old); TS.prototype.write = wrap(oldw);
    await cycle.run(bench.tenantId);
    const fs = await import('node:fs'); fs.writeFileSync('/tmp/plans.txt', captured.join('\n\n=====\n\n'));
  }
} finally { await bench.stop(); }
