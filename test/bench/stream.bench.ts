import { setTimeout as wait } from 'node:timers/promises';
import { instantOf, sql } from '#database';
import { eventOf } from './changes.js';
import { median, round } from './measure.js';
import { chance } from './random.js';
import type { BenchService } from './service.js';
import type { Size } from './world.js';

const sampleMs = 250;
const perRequest = 100;
const probeSeconds = 10;
const limitMs = 5000;

/** A steady stream of events, and how far the segments were behind it. */
export interface StreamFigure {
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** The age of the oldest change not yet applied, sampled each 250 ms. */
  readonly medianAgeMs: number;
  readonly worstAgeMs: number;
  readonly sent: number;
  readonly holds: boolean;
}

export interface StreamReport {
  readonly limitMs: number;
  readonly perRequest: number;
  /** The highest rate at which all segments were never further behind than the limit. */
  readonly live: StreamFigure;
  /** The highest rate tried above it, which was too much. */
  readonly tooMuch: StreamFigure | null;
  /** Events a second that the same requests bring in, one after the other, with nothing refreshed: the baseline. */
  readonly ingestAlone: number;
}

/** Doubles the rate until the segments fall behind, then keeps the highest that held for as long as told. */
export async function measureStream(service: BenchService, size: Size, asOf: Date, seconds: number, say: (line: string) => void): Promise<Omit<StreamReport, 'ingestAlone'>> {
  const stream = new Stream(service, size, asOf);
  let held = 0;
  let tooMuch: StreamFigure | null = null;
  for (let rate = 250; tooMuch === null && rate <= 32_000; rate *= 2) {
    const probe = await stream.run(rate, probeSeconds);
    say(`stream, ${probeSeconds} s: ${lineOf(probe)}`);
    if (probe.holds) held = rate;
    else tooMuch = probe;
  }
  for (let rate = held; ; rate = Math.floor(rate * 0.75)) {
    const live = await stream.run(Math.max(rate, perRequest), seconds);
    say(`stream, ${seconds} s: ${lineOf(live)}`);
    if (live.holds || rate <= perRequest) return { limitMs, perRequest, live, tooMuch };
    tooMuch = live;
  }
}

/** Events a second, one request after the other. */
export async function measureIngest(service: BenchService, size: Size, asOf: Date, seconds: number): Promise<number> {
  const stream = new Stream(service, size, asOf, 'alone');
  const start = performance.now();
  let sent = 0;
  for (; performance.now() - start < seconds * 1000; sent += perRequest) await stream.send();
  return round(sent / (performance.now() - start) * 1000);
}

class Stream {
  readonly #service: BenchService;
  readonly #size: Size;
  readonly #asOf: Date;
  readonly #prefix: string;
  readonly #random: () => number;
  readonly #began = performance.now();
  #made = 0;

  constructor(service: BenchService, size: Size, asOf: Date, prefix = 'stream') {
    this.#service = service;
    this.#size = size;
    this.#asOf = asOf;
    this.#prefix = prefix;
    this.#random = chance(size.seed + 77);
  }

  /** The service's clock follows real time meanwhile, in steps of a sample. */
  async run(eventsPerSecond: number, seconds: number): Promise<StreamFigure> {
    const ages: number[] = [];
    const start = performance.now();
    const end = start + seconds * 1000;
    let over = false;
    const sampling = (async () => {
      while (!over) {
        await this.#service.moveClock(this.#now());
        ages.push(await this.#age());
        await wait(sampleMs);
      }
    })();
    const inFlight = new Set<Promise<void>>();
    const failures: unknown[] = [];
    let sent = 0;
    for (let next = start; next < end; next += perRequest / eventsPerSecond * 1000) {
      const early = next - performance.now();
      if (early > 0) await wait(early);
      // Whoever sends has so many connections: where all are waiting, the rate does not hold.
      if (inFlight.size >= 16) await Promise.race(inFlight);
      if (performance.now() >= end) break;
      const request = this.send().catch((error: unknown) => { failures.push(error); }).finally(() => { inFlight.delete(request); });
      inFlight.add(request);
      sent += perRequest;
    }
    await Promise.all(inFlight);
    over = true;
    await sampling;
    const caughtUp = await this.#settle(ages);
    if (failures.length > 0) throw new Error('a request of the stream failed', { cause: failures[0] });
    const worst = Math.max(...ages);
    return {
      eventsPerSecond, seconds, medianAgeMs: round(median(ages)), worstAgeMs: round(worst), sent,
      holds: caughtUp && worst <= limitMs && sent >= eventsPerSecond * seconds * 0.95,
    };
  }

  async send(): Promise<void> {
    const at = this.#now();
    const events = Array.from({ length: perRequest }, () => {
      this.#made += 1;
      return eventOf(Math.floor(this.#random() * this.#size.contacts), `${this.#prefix}-${this.#made}`, this.#random, at);
    });
    await this.#service.request('POST', '/events/batch', { events });
  }

  #now(): Date {
    return new Date(this.#asOf.getTime() + Math.floor(performance.now() - this.#began));
  }

  async #age(): Promise<number> {
    const [row] = await this.#service.rows<{ at: string | null }>(sql`select min(at) as at from contact_change where tenant_id = ${this.#service.tenantId}::uuid`);
    return row?.at == null ? 0 : Math.max(0, this.#now().getTime() - instantOf(row.at).getTime());
  }

  /** Waits until all is applied, so that the next stream begins with nothing to do. */
  async #settle(ages: number[]): Promise<boolean> {
    const deadline = performance.now() + 120_000;
    for (;;) {
      const age = await this.#age();
      if (age === 0) return true;
      if (performance.now() > deadline) return false;
      ages.push(age);
      await wait(sampleMs);
      await this.#service.moveClock(this.#now());
    }
  }
}

function lineOf({ eventsPerSecond, medianAgeMs, worstAgeMs, holds }: StreamFigure): string {
  return `${eventsPerSecond} events/s, oldest unapplied change ${medianAgeMs.toFixed(0)} ms in the median, ${worstAgeMs.toFixed(0)} ms at worst${holds ? '' : ', too much'}`;
}
