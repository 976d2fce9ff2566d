import Sequencer from '@jest/test-sequencer';

/** These take longest, one at work and the others waiting; begun last, one would have the machine to itself for minutes. */
const longest = ['incremental-equals-full.prop-spec.ts', 'queue.db-spec.ts', 'failing-job.db-spec.ts'];

/** Orders test files as Jest does, those first that take longest: a fresh clone knows no times of an earlier run. */
export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const rank = ({ path }) => {
      const at = longest.findIndex((name) => path.endsWith(`/${name}`));
      return at === -1 ? longest.length : at;
    };
    return [...await super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
}
