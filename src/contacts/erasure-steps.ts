import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '#database';

/** What a later module does when a person goes: in the erasure's transaction, while the person's rows are still there. */
export type ErasureStep = (tx: TenantTransaction, contactId: string) => Promise<void>;

/** The same when an event is taken back, before it goes. */
export type TakeBackStep = (tx: TenantTransaction, eventId: string) => Promise<void>;

/** The steps of later modules, which contacts does not know. They are named at the start of the process. */
@Injectable()
export class ErasureSteps {
  readonly #steps: ErasureStep[] = [];
  readonly #ofEvents: TakeBackStep[] = [];

  add(step: ErasureStep): void {
    this.#steps.push(step);
  }

  addOfEvent(step: TakeBackStep): void {
    this.#ofEvents.push(step);
  }

  async run(tx: TenantTransaction, contactId: string): Promise<void> {
    for (const step of this.#steps) await step(tx, contactId);
  }

  async runOfEvent(tx: TenantTransaction, eventId: string): Promise<void> {
    for (const step of this.#ofEvents) await step(tx, eventId);
  }
}
