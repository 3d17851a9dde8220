import { assertEquals, assertRejects } from "@std/assert";
import { connections, PrivateNetwork, tryEveryRestart, tryToRestart } from "fourtuple";
import { requires } from "../../requirements.ts";

/** Who closed first, who has SO_REUSEADDR, and what Linux answers: `socket(7)`. */
const TRIALS: readonly (readonly [
  closesFirst: "client" | "server",
  before: boolean,
  after: boolean,
  outcome: string,
])[] = [
  ["client", false, false, "started"],
  ["client", false, true, "started"],
  ["client", true, false, "started"],
  ["client", true, true, "started"],
  ["server", false, false, "refused"],
  ["server", false, true, "refused"],
  ["server", true, false, "refused"],
  ["server", true, true, "started"],
];

Deno.test({
  name: "tryToRestart() finds the port held by the server's TIME_WAIT, unless both agree",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create();
    for (const [closesFirst, before, after, outcome] of TRIALS) {
      const what = `${closesFirst} first, before ${before}, after ${after}`;
      assertEquals(await tryToRestart(closesFirst, { before, after, network }), outcome, what);
    }
    const rows = connections({}, { network });
    assertEquals(rows.map(({ state }) => state), Array(8).fill("TIME_WAIT"), "nothing else");
  },
});

Deno.test("tryToRestart() refuses another end, and wrong options", async () => {
  await assertRejects(() => tryToRestart("both" as "client"), TypeError, '"both"');
  await assertRejects(() => tryToRestart("client", { befor: true } as never), TypeError, '"befor"');
  await assertRejects(() => tryToRestart("client", { after: 1 as never }), TypeError, "got 1");
});

Deno.test("tryEveryRestart() tries all eight cases", {
  ...requires("network namespace"),
}, async () => {
  await using network = await PrivateNetwork.create();
  const trials = await tryEveryRestart({ network });
  const started = trials.filter(({ outcome }) => outcome === "started");
  assertEquals(started.map(({ row, column }) => `${row}, ${column}`), [
    "neither, the client closes first",
    "the old server, the client closes first",
    "the new server, the client closes first",
    "both, the client closes first",
    "both, the server closes first",
  ]);
  assertEquals(trials.length, 8);
});
