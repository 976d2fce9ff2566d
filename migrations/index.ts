import { Migration } from '@mikro-orm/migrations';
import * as ground from './0001-ground.sql.js';
import * as campaigns from './0002-campaigns.sql.js';

class Migration0001Ground extends Migration {
  override up(): void {
    this.addSql(ground.up);
  }

  override down(): void {
    this.addSql(ground.down);
  }
}

class Migration0002Campaigns extends Migration {
  override up(): void {
    this.addSql(campaigns.up);
  }

  override down(): void {
    this.addSql(campaigns.down);
  }
}

/** In the order in which they are applied; never edited once merged. */
export const migrations = [
  { name: '0001-ground', class: Migration0001Ground },
  { name: '0002-campaigns', class: Migration0002Campaigns },
];
