import { Migration } from '@mikro-orm/migrations';
import * as ground from './0001-ground.sql.js';
import * as campaigns from './0002-campaigns.sql.js';
import * as analytics from './0003-analytics.sql.js';
import * as lifeOfASegment from './0004-life-of-a-segment.sql.js';
import * as contactBucket from './0005-contact-bucket.sql.js';
import * as imports from './0006-imports.sql.js';
import * as experiments from './0007-experiments.sql.js';
import * as sweeps from './0008-sweeps.sql.js';
import * as sweepOfZones from './0009-sweep-of-zones.sql.js';
import * as importsOfEvents from './0010-imports-of-events.sql.js';
import * as exports from './0011-exports.sql.js';
import * as halfHours from './0012-half-hours.sql.js';
import * as changedMeaning from './0013-changed-meaning.sql.js';
import * as sweepOfRollups from './0014-sweep-of-rollups.sql.js';
import * as whatOperatorsSee from './0016-what-operators-see.sql.js';
import * as segmentOfAnImport from './0017-segment-of-an-import.sql.js';
import * as standing from './0018-standing.sql.js';
import * as removedTenants from './0019-removed-tenants.sql.js';
import * as whatEndsAndIsDue from './0020-what-ends-and-is-due.sql.js';
import * as campaignByContact from './0021-campaign-by-contact.sql.js';
import * as contactTally from './0022-contact-tally.sql.js';
import * as answerLimit from './0023-answer-limit.sql.js';
import * as behindTheWall from './0024-behind-the-wall.sql.js';
import * as endedRefreshes from './0025-ended-refreshes.sql.js';

/** A file of hand-read SQL as the migrator takes it. */
function migration(name: string, { up, down }: { up: string; down: string }) {
  return {
    name,
    class: class extends Migration {
      override up(): void {
        this.addSql(up);
      }

      override down(): void {
        this.addSql(down);
      }
    },
  };
}

/** In the order in which they are applied; never edited once merged. */
export const migrations = [
  migration('0001-ground', ground),
  migration('0002-campaigns', campaigns),
  migration('0003-analytics', analytics),
  migration('0004-life-of-a-segment', lifeOfASegment),
  migration('0005-contact-bucket', contactBucket),
  migration('0006-imports', imports),
  migration('0007-experiments', experiments),
  migration('0008-sweeps', sweeps),
  migration('0009-sweep-of-zones', sweepOfZones),
  migration('0010-imports-of-events', importsOfEvents),
  migration('0011-exports', exports),
  migration('0012-half-hours', halfHours),
  migration('0013-changed-meaning', changedMeaning),
  migration('0014-sweep-of-rollups', sweepOfRollups),
  migration('0016-what-operators-see', whatOperatorsSee),
  migration('0017-segment-of-an-import', segmentOfAnImport),
  migration('0018-standing', standing),
  migration('0019-removed-tenants', removedTenants),
  migration('0020-what-ends-and-is-due', whatEndsAndIsDue),
  migration('0021-campaign-by-contact', campaignByContact),
  migration('0022-contact-tally', contactTally),
  migration('0023-answer-limit', answerLimit),
  migration('0024-behind-the-wall', behindTheWall),
  migration('0025-ended-refreshes', endedRefreshes),
];
