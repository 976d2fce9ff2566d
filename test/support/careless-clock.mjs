// Preloaded, it makes a broken build: what the clock is set to counts from the process's own time, which SHIFT_MS moves.
import { ManualClock } from '../../dist/libs/kernel/src/clock.js';

const { now } = ManualClock.prototype;
ManualClock.prototype.now = function careless() {
  return new Date(now.call(this).getTime() + Number(process.env['SHIFT_MS'] ?? 0));
};
