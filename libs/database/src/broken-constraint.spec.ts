import { brokenConstraint } from './broken-constraint.js';

describe('A broken constraint', () => {
  it.each([
    ['of a table', { constraint: 'segment_in_use' }, 'segment_in_use'],
    ['of a shard', { constraint: 'segment_in_use_102046' }, 'segment_in_use'],
    ['of the cause', new Error('query failed', { cause: { constraint: 'contact_email_102008' } }), 'contact_email'],
    ['of nothing', new Error('x'), undefined],
    ['of null', null, undefined],
  ])('is named: %s', (_of, error, name) => {
    expect(brokenConstraint(error)).toBe(name);
  });
});
