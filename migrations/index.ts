import { Migration } from '@mikro-orm/migrations';
import * as ground from './0001-ground.sql.js';
import * as lifeOfASegment from './0004-life-of-a-segment.sql.js';

class Migration0001Ground extends Migration {
  override up(): void {
    this.addSql(ground.up);
  }

  override down(): void {
    this.addSql(ground.down);
  }
}

class Migration0004LifeOfASegment extends Migration {
  override up(): void {
    this.addSql(lifeOfASegment.up);
  }

  override down(): void {
    this.addSql(lifeOfASegment.down);
  }
}

/** In the order in which they are applied; never edited once merged. */
export const migrations = [
  { name: '0001-ground', class: Migration0001Ground },
  { name: '0004-life-of-a-segment', class: Migration0004LifeOfASegment },
];
