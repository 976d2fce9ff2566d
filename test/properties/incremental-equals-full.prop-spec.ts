import { worlds as drawn } from '../support/cycle-commands.js';
import type { Ran } from '../support/cycle-world.js';
import { CycleWorlds } from '../support/cycle-worlds.js';
import { budget, holdEach } from '../support/runs.js';
import { StatementKiller } from '../support/statements.js';

/** Waiting for the database and computing alternate, so that more are under way than there are processors. */
const atOnce = 4;

describe('A refresh of what changed', () => {
  const worlds: CycleWorlds[] = [];
  let killer: StatementKiller | undefined;

  beforeAll(async () => {
    for (let at = 0; at < atOnce; at += 1) worlds.push(await CycleWorlds.open(async (url) => killer ??= await StatementKiller.open(url)));
  });
  afterAll(async () => {
    // Before the database that it is connected to is gone.
    await killer?.close();
    for (const world of worlds) await world.close();
  });

  it('gives the members that a full recomputation gives in SQL and in memory, after any sequence of writes, clock steps and edits', async () => {
    const ran: Ran = { sequences: 0, cycles: 0, comparisons: 0, incremental: 0, moved: 0, accepted: new Map() };
    await holdEach('incremental = full', drawn, worlds.map((place) => async (world) => { await place.run(world, ran); }), budget * 12,
      () => `${ran.sequences} sequences with ${ran.cycles} cycles, ${ran.comparisons} comparisons, ${ran.incremental} incremental refreshes that moved ${ran.moved} contacts`);
    process.stdout.write(`writes that were accepted: ${[...ran.accepted].map(([kind, times]) => `${kind} ${times}`).join(', ')}\n`);
    expect(ran.moved).toBeGreaterThan(0);
  }, budget * 12 + 300_000);
});
