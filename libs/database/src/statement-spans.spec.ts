import { nameOfStatement } from './statement-spans.js';

describe('The name of a statement', () => {
  const tables = new Set(['contact', 'segment', 'segment_member', 'segment_refresh']);
  const name = (text: string): string => nameOfStatement(text, tables);

  it.each([
    ['select * from contact where tenant_id = $1', 'select contact'],
    ['select count(*) from (select from "segment" as "s0") x', 'select segment'],
    ['insert into "segment" ("id") values ($1)', 'insert segment'],
    ['\n  update segment_refresh set status = $1', 'update segment_refresh'],
    ['delete from segment_member m using differs d where m.tenant_id = $1', 'delete segment_member'],
    ['with lost as (update segment_refresh set a = 1 returning segment_id) insert into segment select 1', 'update segment_refresh'],
    ['with should_be as (select id from contact), gone as (delete from segment_member) select 1', 'delete segment_member'],
    ['select from contact order by id for no key update', 'select contact'],
    ['select from contact where a is distinct from secret', 'select contact'],
    ['begin isolation level repeatable read', 'begin'],
    ['set local app.tenant_id = \'00000000-0000-0000-0000-000000000000\'', 'set'],
    ['set local app.tenant_id = \'00000000-0000-0000-0000-000000000000\'; select id from contact', 'select contact'],
    ['analyze (skip_locked) "segment_member"', 'analyze segment_member'],
  ])('is a verb and the first table that counts: %s', (text, expected) => {
    expect(name(text)).toBe(expected);
  });

  it('is never taken from what stands in quotes, or from a name that is no table', () => {
    expect(name(`select 'delete from segment', 'it''s from segment' from contact`)).toBe('select contact');
    expect(name('select * from ada_lovelace')).toBe('select');
    expect(name('ada lovelace')).toBe('statement');
    expect(name('')).toBe('statement');
  });
});
