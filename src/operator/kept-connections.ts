import { Injectable } from '@nestjs/common';
import { Database, uses } from '#database';
import { Gauge, Registry } from 'prom-client';

/** How many connections of this process are kept for longer than a moment: at their most, whatever else wants one waits. */
@Injectable()
export class KeptConnections {
  readonly registry = new Registry();

  constructor(database: Database) {
    new Gauge({
      name: 'segments_connections_kept', help: 'Connections to the database that are kept for longer than a moment, by what for', labelNames: ['use'],
      registers: [this.registry], collect() {
        for (const use of uses) this.set({ use }, database.connectionsKept(use));
      },
    });
  }
}
