// COPY in the answers of one session: whether the server may ask for rows or send them, and the rows of a COPY TO taken apart to be
// masked and counted. It must never let a row through that nobody has asked for, or one that is masked before its columns are known.

import type { Abridgement } from '../wire/postgres/abridgement.ts';
import { decodeCopyResponse } from '../wire/postgres/copy.ts';
import { CopyRows } from '../wire/postgres/copy-rows.ts';
import type { Frame } from '../wire/postgres/frame.ts';
import type { Output } from './postgres-output.ts';
import type { ReplyPlans } from './postgres-reply-plans.ts';

const [copyInResponse, copyOutResponse, copyData, copyDone] = [0x47, 0x48, 0x64, 0x63] as const;

export class CopyReplies {
  readonly #plans: ReplyPlans;
  /** A COPY TO has begun: only now do rows of one mean anything. */
  #sending = false;
  /** Takes its rows apart, where they are masked or counted. */
  #rows: CopyRows | null = null;
  /** The answer that takes CopyData from the client. */
  receiving: Output | null = null;

  constructor(plans: ReplyPlans) {
    this.#plans = plans;
  }

  /** The statement has been answered. */
  end(): void {
    this.receiving = null;
    this.#sending = false;
    this.#rows = null;
  }

  /** CopyInResponse, CopyOutResponse, CopyData or CopyDone: what the client gets of it. False = it answers nothing. @throws ProtocolError */
  take(frame: Frame, output: Output | null): Frame | Buffer | null | false {
    if (!output || !mayCopy(output)) return false;
    switch (frame.type) {
      case copyInResponse:
        this.receiving = output;
        return frame;
      case copyOutResponse:
        this.#sending = this.#begin(frame, output);
        return this.#sending && frame;
      case copyData:
        return this.#sending && this.#row(frame);
      case copyDone:
        return this.#sending && this.#done(frame);
      default:
        return false;
    }
  }

  /** How a CopyData that is longer than `bytesMax` is cut down; null = not at all. */
  abridge(bytesMax: number): Abridgement | null {
    return this.#rows?.abridgement(bytesMax) ?? null;
  }

  /** Returns whether its rows may come. */
  #begin(frame: Frame, output: Output): boolean {
    const { analysis, admission } = output;
    const passes = output.unmasked && admission.decision.obligations.rowsMax === null;
    if (passes && !this.#plans.watches) return true;
    const plan = analysis && this.#plans.ofCopy(decodeCopyResponse(frame.body), analysis, output);
    if (!plan || !analysis.copy) {
      if (passes) output.patients.addUnnamed();
      return passes;
    }
    output.unconfirmed = analysis.copy.columns !== null && !output.unmasked;
    this.#rows = new CopyRows(analysis.copy.format, plan.maskers, () => output.countRow());
    return true;
  }

  /** Null = it was the part of a row, or what is left out. */
  #row(frame: Frame): Frame | Buffer | null {
    if (!this.#rows) return frame;
    const whole = this.#rows.push(frame.body);
    return whole.length > 0 ? whole : null;
  }

  #done(frame: Frame): Frame {
    this.#sending = false;
    this.#rows?.end();
    return frame;
  }
}

/** The statement at hand is a COPY that may run, or one the gate cannot read, of who sees everything. */
function mayCopy({ analysis, unmasked }: Output): boolean {
  if (!analysis) return false;
  if (analysis.kind !== 'copy') return unmasked && analysis.facts.opaque;
  return unmasked || analysis.refusals.length === 0;
}
