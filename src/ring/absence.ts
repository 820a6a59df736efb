// Something that was there and is missing. Ring's answers are short or odd now and then: it is believed only where it stays so.

export interface AbsenceRule {
  /** It must be missing in so many looks ... */
  readonly looks: number;
  /** ... of which those that are closer together than this are one ... */
  readonly apartMs: number;
  /** ... and for so long. */
  readonly forMs: number;
}

export class Absence {
  #since: number | undefined;
  #lastLook = 0;
  #looks = 0;

  get isSuspected(): boolean {
    return this.#since !== undefined;
  }

  /** It is there. */
  seen(): void {
    this.#since = undefined;
    this.#looks = 0;
  }

  /** It is missing at this look; true where that is to be believed. `now` is monotonic. */
  missed(now: number, { looks, apartMs, forMs }: AbsenceRule): boolean {
    if (this.#since === undefined || now - this.#lastLook >= apartMs) {
      this.#since ??= now;
      this.#lastLook = now;
      this.#looks++;
    }
    return this.#looks >= looks && now - this.#since >= forMs;
  }
}

export interface AbsenceRules {
  /** Of a camera, in Ring's list. */
  readonly camera: AbsenceRule;
  /** Of a camera while somebody asks for it. */
  readonly hurried: AbsenceRule;
  /** Of all cameras at once. */
  readonly everything: AbsenceRule;
  /** Of what makes a feature, in the record of a camera. */
  readonly feature: AbsenceRule;
  /** Of something that a camera has, by Ring's refusals to show it. */
  readonly refusal: AbsenceRule;
}

/** The list is read every 20 s. */
export const usualAbsence: AbsenceRules = {
  camera: { looks: 3, apartMs: 15_000, forMs: 180_000 },
  hurried: { looks: 3, apartMs: 1_000, forMs: 5_000 },
  everything: { looks: 30, apartMs: 15_000, forMs: 1_800_000 },
  feature: { looks: 3, apartMs: 15_000, forMs: 60_000 },
  refusal: { looks: 3, apartMs: 60_000, forMs: 300_000 },
};
