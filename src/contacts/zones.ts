import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, sql } from '#database';
import { isTimeZone } from '#rules';

/** The time zones that both the database and JavaScript know: `UTC` and the `Area/Location` names and links. */
@Injectable()
export class ZonesService implements OnModuleInit {
  #spellings: ReadonlyMap<string, string> = new Map();

  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    const rows = await this.database.outsideTenants<{ name: string }>(sql`select name from pg_timezone_names`);
    this.#spellings = new Map(rows.filter(({ name }) => isIanaName(name) && isTimeZone(name)).map(({ name }) => [name.toLowerCase(), name]));
  }

  /** The zone in the database's spelling, found without regard to letter case; `undefined` where it is unknown. */
  resolve(name: string): string | undefined {
    return this.#spellings.get(name.toLowerCase());
  }
}

/** `posix/…` and `right/…` are the database's own copies of every zone, no areas. */
function isIanaName(name: string): boolean {
  return name === 'UTC' || (name.includes('/') && !/^(posix|right)\//i.test(name));
}
