import { contested, databaseAway, lostSession } from './lost-session.js';

describe('A lost session', () => {
  it.each([
    ['the server shut down', Object.assign(new Error('terminating connection'), { code: '57P01' }), true],
    ['the connection failed', Object.assign(new Error('x'), { code: '08006' }), true],
    ['nobody listens', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true],
    ['the driver says so without a code', new Error('Connection terminated unexpectedly'), true],
    ['no connection was made in time', new Error('timeout expired'), true],
    ['none was free in time', new Error('timeout exceeded when trying to connect'), true],
    ['the client is spent', new Error('Client has encountered a connection error and is not queryable'), true],
    ['it is the cause', new Error('query failed', { cause: Object.assign(new Error('x'), { code: 'EPIPE' }) }), true],
    ['it is of another realm', { code: 'ECONNREFUSED', message: 'x' }, true],
    ['a statement was cancelled', Object.assign(new Error('x'), { code: '57014' }), false],
    ['a key is taken', Object.assign(new Error('x'), { code: '23505' }), false],
    ['it is no error', 'Connection terminated', false],
  ])('is told apart: %s', (_what, error, lost) => {
    expect(lostSession(error)).toBe(lost);
  });
});

describe('A database that is away', () => {
  it.each([
    ['its session is lost', { code: '57P01' }, true],
    ['it has no connection left', { code: '53300' }, true],
    ['its disk is full, as the cause', { cause: { code: '53100' } }, true],
    ['a key is taken', { code: '23505' }, false],
    ['it is no error', null, false],
  ])('is told apart: %s', (_what, error, away) => {
    expect(databaseAway(error)).toBe(away);
  });
});

describe('Rows that others write as well', () => {
  it.each([
    ['a deadlock was ended', { code: '40P01' }, true],
    ['a snapshot was too old, as the cause', { cause: { code: '40001' } }, true],
    ['a statement was cancelled', { code: '57014' }, false],
    ['it is no error', undefined, false],
  ])('are told apart: %s', (_what, error, contests) => {
    expect(contested(error)).toBe(contests);
  });
});
