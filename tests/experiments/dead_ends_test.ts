import { callSymptoms, counters, deadEnds, labNetwork, PrivateNetwork } from "fourtuple";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeNetwork } from "./_fake_network.ts";
import { requires } from "../requirements.ts";

Deno.test({
  name: "deadEnds(): nothing leaves the machine whose own kernel refuses, and others answer or not",
  ...requires("network namespace"),
  async fn() {
    const sysctls = { "net.ipv4.tcp_syn_retries": 2 };
    await using network = await labNetwork({ addresses: ["10.0.0.5"], sysctls });
    await using ends = await deadEnds(network);
    const before = counters({ network });
    const here = await callSymptoms(ends.here, { network });
    assertEquals(here.heard, ["EACCES", "ENETUNREACH"]);
    assertEquals(counters({ network }).since(before).get("OutSegs"), 0);
    const onTheWay = await callSymptoms(ends.onTheWay, { network, timeout: 20_000 });
    assertEquals(onTheWay.heard, ["EHOSTUNREACH", "ETIMEDOUT"]);
    const [answered, silent] = [...onTheWay.byCause.values()];
    assert(answered!.milliseconds < silent!.milliseconds, "an answer, not the end of patience");
    assert(counters({ network }).since(before).get("OutSegs") >= 2);
  },
});

Deno.test("deadEnds() refuses a network that is not private", async () => {
  await assertRejects(() => deadEnds(FakeNetwork.make(false)), Deno.errors.NotSupported);
});

Deno.test({
  name: "deadEnds() leaves nothing behind where it fails",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create();
    await assertRejects(() => deadEnds(network), RangeError, "eth0");
  },
});
