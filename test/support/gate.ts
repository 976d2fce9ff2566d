import type pg from 'pg';

/** Whoever is about to write members waits while it is shut: a refresh that is caught in the middle of its statement. */
export interface Gate {
  shut(): Promise<void>;
  open(): Promise<void>;
  /** How many wait at it. */
  waiting(): Promise<number>;
}

const lock = 4_711;

/** Puts it in front of the members of a database, of which the owner's session shuts and opens it. */
export async function makeGate(owner: pg.Client): Promise<Gate> {
  await owner.query(`
    create function wait_at_gate() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(${lock}); return null; end $$;
    create trigger wait_at_gate before insert on segment_member for each statement execute function wait_at_gate()`);
  return {
    shut: async () => { await owner.query('select pg_advisory_lock($1)', [lock]); },
    open: async () => { await owner.query('select pg_advisory_unlock($1)', [lock]); },
    waiting: async () => (await owner.query(`
      select from pg_locks where locktype = 'advisory' and objid = ${lock} and not granted
        and database = (select oid from pg_database where datname = current_database())`)).rowCount ?? 0,
  };
}
