/**
 * How fast outputs may leave, so that a Jupyter server drops none. It counts what it receives for 3
 * seconds, from zero again whenever a kernel says that it is idle, and drops outputs while there are more
 * than 3,000 of them, or more than 3,000,000 bytes of text. Source: `_limit_rate` in
 * jupyter_server/services/kernels/connection/channels.py (2.20), whose limits are options.
 *
 * A server that is busy takes in at once what was sent over some time. So what leaves within 4 seconds
 * stays below these limits.
 *
 * @module
 */

/** What may leave at once, and each second from then on. */
const BYTES = { burst: 1_050_000, rate: 460_000 };
const MESSAGES = { burst: 1_000, rate: 450 };

/** What a text message has around its text: header, parent's header, signature. */
const ENVELOPE_BYTES = 1_200;

/** Says how long each output has to wait. */
export class Pace {
  readonly #now: () => number;
  #bytes = BYTES.burst;
  #messages = MESSAGES.burst;
  #at: number;

  /** Begins with a full burst. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** Returns how many milliseconds an output with so many bytes of text has to wait; 0 for now. */
  wait(textBytes: number): number {
    this.#refill();
    const bytes = size(textBytes);
    return Math.max(
      (Math.min(bytes, BYTES.burst) - this.#bytes) / BYTES.rate * 1_000,
      (1 - this.#messages) / MESSAGES.rate * 1_000,
      0,
    );
  }

  /** Counts an output that leaves now. */
  count(textBytes: number): void {
    this.#refill();
    this.#bytes -= size(textBytes);
    this.#messages--;
  }

  /** Begins again: the server has been told that the kernel is idle. */
  reset(): void {
    this.#bytes = BYTES.burst;
    this.#messages = MESSAGES.burst;
  }

  #refill(): void {
    const seconds = (this.#now() - this.#at) / 1_000;
    this.#at = this.#now();
    this.#bytes = Math.min(BYTES.burst, this.#bytes + seconds * BYTES.rate);
    this.#messages = Math.min(MESSAGES.burst, this.#messages + seconds * MESSAGES.rate);
  }
}

/** The server counts bytes of text only. */
function size(textBytes: number): number {
  return textBytes === 0 ? 0 : textBytes + ENVELOPE_BYTES;
}
