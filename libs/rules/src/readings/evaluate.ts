import { createHash } from 'node:crypto';
import type { Quantity } from '../exact.js';
import type { Moment } from '../registry/operator.js';
import { operatorOf } from '../registry/operators/index.js';
import type { Condition, Group, Node, RandomCondition, Rule } from '../rule.js';
import { engagementFigures, type EngagementFigures } from './memory/engagement.js';
import { measured, passes } from './memory/events.js';
import { fieldValue } from './memory/fields.js';
import type { ContactSnapshot, References } from './memory/snapshot.js';
import { holdsOf, isUnset } from './memory/tests.js';

export interface EvaluationContext {
  /** Epoch milliseconds. */
  readonly asOf: number;
  /** Every segment that the rule reaches. */
  readonly references: References;
}

/** Whether a contact matches a rule, of its segment's own overrides apart. The in-memory twin of `membersSql`. */
export function evaluate(rule: Rule, contact: ContactSnapshot, context: EvaluationContext): boolean {
  return new Evaluation(contact, context).matches(rule);
}

export type Actual = number | Quantity | string | boolean | readonly string[] | null;

/** One contact at one moment. What several conditions need is computed once. */
export class Evaluation {
  readonly #contact: ContactSnapshot;
  readonly #context: EvaluationContext;
  readonly #memberships = new Map<string, boolean>();
  #engagement: EngagementFigures | undefined;

  constructor(contact: ContactSnapshot, context: EvaluationContext) {
    this.#contact = contact;
    this.#context = context;
  }

  matches(rule: Rule): boolean {
    const moment = this.momentOf(rule);
    const holds = (group: Group): boolean => this.nodeHolds(group, moment);
    // No groups at all match everyone, whatever `match` says.
    const included = rule.match === 'all' || rule.groups.length === 0 ? rule.groups.every(holds) : rule.groups.some(holds);
    return included && !rule.exclusions.some(holds);
  }

  momentOf(rule: Rule): Moment {
    return { asOf: this.#context.asOf, timezone: rule.timezone };
  }

  nodeHolds(node: Node, moment: Moment): boolean {
    if (node.kind === 'group') {
      const holds = (inner: Node): boolean => this.nodeHolds(inner, moment);
      return (node.match === 'all' ? node.conditions.every(holds) : node.conditions.some(holds)) !== node.negate;
    }
    return this.verdict(node, moment).matches;
  }

  /** What a condition found of the contact, and what it makes of it. */
  verdict(condition: Condition, moment: Moment): { matches: boolean; actual: Actual } {
    switch (condition.kind) {
      case 'field': {
        const { field, test } = condition;
        const value = fieldValue(field, this.#contact, () => this.#figures());
        const matches = holdsOf(operatorOf(test.type, test.operator)!, value, test.value, moment);
        return { matches, actual: isUnset(value) ? null : (value as Actual) };
      }
      case 'event': {
        const measure = measured(condition, this.#contact, moment);
        return { matches: passes(condition, measure, moment), actual: measure };
      }
      case 'segment': {
        const member = this.isMember(condition.segment);
        return { matches: member !== condition.negate, actual: member };
      }
      case 'random': {
        const place = randomPlace(condition, this.#contact.id);
        return { matches: condition.from <= place && place < condition.to, actual: place };
      }
    }
  }

  /** Of a dynamic segment its rule and then its overrides, at the same moment; of a static one its present list. */
  isMember(segment: string): boolean {
    const known = this.#memberships.get(segment);
    if (known !== undefined) return known;
    const reference = this.#context.references.get(segment);
    if (reference === undefined) throw new Error(`The rule reaches segment ${segment}, which was not handed over.`);
    const member = reference.kind === 'static'
      ? this.#contact.lists.has(segment)
      : this.#pinned(segment) ?? this.matches(reference.rule);
    this.#memberships.set(segment, member);
    return member;
  }

  #pinned(segment: string): boolean | undefined {
    const override = this.#contact.overrides.get(segment);
    const holds = override !== undefined && (override.until === null || this.#context.asOf < override.until);
    return holds ? override.pin === 'in' : undefined;
  }

  #figures(): EngagementFigures {
    this.#engagement ??= engagementFigures(this.#contact, this.#context.asOf);
    return this.#engagement;
  }
}

/** A contact's place in [0, 100): the first 32 bits of the MD5 of `<salt>:<id>`. */
function randomPlace({ salt }: RandomCondition, id: string): number {
  return (100 * createHash('md5').update(`${salt}:${id}`, 'utf8').digest().readUInt32BE(0)) / 2 ** 32;
}
