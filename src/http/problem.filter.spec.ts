import { problemOf } from './problem.filter.js';

describe('What goes wrong inside', () => {
  it.each([
    ['a session that the driver lost, without a code', new Error('Connection terminated unexpectedly'), 503, 5],
    ['a database that is out of connections', Object.assign(new Error('x'), { code: '53300' }), 503, 5],
    ['a statement over its limit', Object.assign(new Error('x'), { code: '57014' }), 503, 30],
    ['a statement that is more than the server takes', Object.assign(new Error('x'), { code: '54001' }), 422, undefined],
    ['anything unforeseen', new Error('secret'), 500, undefined],
  ])('is told as what it is, and nothing of the inside: %s', (_what, error, status, retryAfter) => {
    const problem = problemOf(error);
    expect({ status: problem.status, retryAfter: problem.retryAfter }).toEqual({ status, retryAfter });
    expect(problem.detail).not.toContain(error.message);
  });
});
