import { Migration } from '@mikro-orm/migrations';
import * as ground from './0001-ground.sql.js';
import * as analytics from './0003-analytics.sql.js';

class Migration0001Ground extends Migration {
  override up(): void {
    this.addSql(ground.up);
  }

  override down(): void {
    this.addSql(ground.down);
  }
}

class Migration0003Analytics extends Migration {
  override up(): void {
    this.addSql(analytics.up);
  }

  override down(): void {
    this.addSql(analytics.down);
  }
}

/** In the order in which they are applied; never edited once merged. */
export const migrations = [
  { name: '0001-ground', class: Migration0001Ground },
  { name: '0003-analytics', class: Migration0003Analytics },
];
