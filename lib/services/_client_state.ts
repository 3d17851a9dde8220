/** What a server remembers of one client, and its answers, which are tailored to it. */
import { refusalLine } from "./_answers.ts";

/** So long a name may be, in UTF-16 code units; a figure has room for it. */
const MAX_NAME = 24;

/** A client as the server knows it. */
export class ClientState {
  #name: string;
  #lines = 0;

  /** Begins with a name that the server gives; `knownBy` says by what it tells its clients apart. */
  constructor(name: string, readonly knownBy: string) {
    this.#name = name;
  }

  /** What the client calls itself, or the server calls it until then. */
  get name(): string {
    return this.#name;
  }

  /** Returns the answer to a line of this client. */
  answer(line: string): string {
    if (line === "who") return `you are ${this.#name}, known by ${this.knownBy}`;
    if (!line.startsWith("name ")) return `${this.#name}, line ${++this.#lines}: ${line}`;
    const name = line.slice("name ".length);
    // A comma or a colon in a name could make one client's answers look like another's.
    if (name.length > MAX_NAME || !/^[\p{L}\p{N}]+(?:[ _-][\p{L}\p{N}]+)*$/u.test(name)) {
      return refusalLine(
        "name",
        `a name has at most ${MAX_NAME} letters and digits, with blanks, "-" and "_" between`,
      );
    }
    this.#name = name;
    return `hello ${name}`;
  }
}
