/** The names of zones as 16-bit numbers, so that two of them fit into a word of a key. */
import { quote } from "../../refusal.ts";

/** No name ever gets this number: a look-up with an unknown zone finds nothing. */
const UNKNOWN = 0xffff;

/** Numbers zones as they come, from 1 on; 0 is no zone. */
export class ZoneNumbers {
  readonly #names: (string | undefined)[] = [undefined];
  readonly #numbers = new Map<string | undefined, number>([[undefined, 0]]);

  /** Gives a zone a number, if it has none. */
  add(zone: string | undefined): void {
    if (this.#numbers.has(zone)) return;
    if (this.#names.length === UNKNOWN) {
      throw new RangeError(
        `Cannot number zone ${quote(zone!)}: a table knows at most ${UNKNOWN - 1} zones, ` +
          `got another one`,
      );
    }
    this.#numbers.set(zone, this.#names.length);
    this.#names.push(zone);
  }

  /** Returns a word with the numbers of two zones. */
  wordOf(local: string | undefined, remote: string | undefined): number {
    return (this.#numbers.get(local) ?? UNKNOWN) << 16 | (this.#numbers.get(remote) ?? UNKNOWN);
  }

  /** Returns the two zones of a word. */
  of(word: number): { local: string | undefined; remote: string | undefined } {
    return { local: this.#names[word >>> 16], remote: this.#names[word & 0xffff] };
  }
}
