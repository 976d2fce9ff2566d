/**
 * The one source of time. It is read once at the edge of a request or job and handed on as `asOf`;
 * nothing below reads it again, and SQL receives it as a parameter.
 */
export interface Clock {
  now(): Date;
}

/** The system's clock, in whole milliseconds. */
export class SystemClock implements Clock {
  now(): Date {
    return new Date();
  }
}

/** Real time, whatever the service's clock says: for back-off and time-outs only. */
export const realTime: Clock = new SystemClock();

/** A clock that stands still where it was put (`CLOCK=manual`); without a setting it is the system's. */
export class ManualClock implements Clock {
  #at: Date | null = null;

  now(): Date {
    return this.#at === null ? new Date() : new Date(this.#at);
  }

  set(at: Date | null): void {
    this.#at = at === null ? null : new Date(at);
  }

  get setting(): Date | null {
    return this.#at;
  }
}
