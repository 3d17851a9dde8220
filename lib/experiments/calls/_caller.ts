/**
 * The program that calls TCP endpoints from inside another network, for `reachFrom()`.
 *
 * Its arguments are how many milliseconds a call may take, and the endpoints as "address port". It
 * prints a line for each call, in their order.
 */
const [limit = "", ...targets] = Deno.args;

const outcomes = await Promise.all(targets.map(async (target) => {
  const [hostname = "", port = ""] = target.split(" ");
  const signal = AbortSignal.timeout(Number(limit));
  try {
    using _connection = await Deno.connect({ hostname, port: Number(port), signal });
    return "connected";
  } catch (error) {
    if (signal.aborted) return "no answer";
    return error instanceof Deno.errors.ConnectionRefused ? "refused" : `failed: ${error}`;
  }
}));
for (const outcome of outcomes) console.log(outcome);
