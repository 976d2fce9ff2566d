import type { Pool } from 'pg';
import { sendTogether } from './send-together.js';

/** A pool whose clients note each message; one with several statements is answered by a list. */
function pool(fails?: RegExp, together = { off: false }): { sent: unknown[][]; query: (...statement: unknown[]) => Promise<unknown> } {
  const sent: unknown[][] = [];
  class Client {
    async query(...statement: unknown[]): Promise<unknown> {
      sent.push(statement);
      const text = String(statement[0]);
      if (fails?.test(text) === true) throw new Error(`failed: ${text}`);
      const answers = text.split('; ').map((one) => ({ rows: [one] }));
      return answers.length === 1 ? answers[0] : answers;
    }
  }
  const of = { Client };
  sendTogether(of as unknown as Pool, together);
  const client = new of.Client();
  return { sent, query: async (...statement) => await client.query(...statement) };
}

const [begin, tenant, limit] = ['start transaction isolation level repeatable read', "set local app.tenant_id = 'a'", 'set local statement_timeout = 5'];

describe('A transaction', () => {
  it('is opened in one message with its settings and the first statement, whose answer it gives', async () => {
    const { sent, query } = pool();
    for (const text of [begin, tenant, limit]) expect(await query(text, [])).toMatchObject({ rows: [] });
    expect(sent).toEqual([]);
    expect(await query('select 1', [])).toEqual({ rows: ['select 1'] });
    expect(await query('select 2', [])).toEqual({ rows: ['select 2'] });
    expect(await query('commit')).toEqual({ rows: ['commit'] });
    expect(sent).toEqual([[`${begin}; ${tenant}; ${limit}; select 1`], ['select 2', []], ['commit']]);
  });

  it('is opened message by message where that is switched off', async () => {
    const together = { off: false };
    const { sent, query } = pool(undefined, together);
    await query(begin);
    await query('commit');
    together.off = true;
    for (const text of [begin, tenant, 'select 1']) await query(text);
    expect(sent).toEqual([[`${begin}; commit`], [begin], [tenant], ['select 1']]);
  });

  it('is opened ahead of a first statement that has values', async () => {
    const { sent, query } = pool();
    await query(begin);
    await query(tenant);
    expect(await query('select $1', ['x'])).toEqual({ rows: ['select $1'] });
    expect(sent).toEqual([[`${begin}; ${tenant}`], ['select $1', ['x']]]);
  });

  it('that cannot be opened fails with its first statement, which is not sent', async () => {
    const { sent, query } = pool(/set local/);
    await query(begin);
    await query(tenant);
    await expect(query('delete from contact where id = $1', ['x'])).rejects.toThrow('failed');
    expect(sent).toHaveLength(1);
    expect(await query('rollback')).toEqual({ rows: ['rollback'] });
  });

  it('that is one message already, its setting ahead of statements, gives the rows of each', async () => {
    const { sent, query } = pool();
    expect(await query(`${tenant}; select 1; select 2`, [])).toMatchObject({ rows: [['select 1'], ['select 2']] });
    expect(sent).toEqual([[`${tenant}; select 1; select 2`, []]]);
  });

  it('has its later settings at once, as has a session without one', async () => {
    const { sent, query } = pool();
    await query(limit);
    await query(begin);
    await query('select 1');
    await query(limit);
    expect(sent).toEqual([[limit], [`${begin}; select 1`], [limit]]);
  });
});
