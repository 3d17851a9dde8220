/** Thrown by every assertion that does not hold. */
export class AssertionError extends Error {
  /** Always "AssertionError". */
  override name = "AssertionError";

  /** Makes the error; `options.cause` is the error behind it. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
