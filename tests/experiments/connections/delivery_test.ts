import { deliver } from "fourtuple";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { requires } from "../../requirements.ts";

Deno.test({
  name: "deliver(): TCP sends again until all have arrived in order, UDP does not",
  ...requires("network namespace", "nft"),
  async fn() {
    const found = await deliver({ messages: 60 });
    const [tcp, udp] = found.deliveries;
    assertEquals(
      tcp!.arrivals.map(({ message }) => message),
      Array.from(Array(60), (_, i) => i + 1),
    );
    assert(tcp!.lost > 0 && tcp!.retransmitted > 0, String(found));
    assertEquals([tcp!.waiting[0]?.timer?.kind, udp!.waiting.length], ["retransmit", 0]);
    // Of 60 packets 18 are lost; none, or all but none, is as good as impossible.
    assertEquals(udp!.arrivals.length, 60 - udp!.lost);
    assert(udp!.lost > 2 && udp!.lost < 40 && udp!.retransmitted === 0, String(found));
    assertEquals(new Set(udp!.arrivals.map(({ message }) => message)).size, 60 - udp!.lost);
    const isOrdered = udp!.arrivals.every(({ message }, at, all) =>
      at === 0 || message > all[at - 1]!.message
    );
    assertEquals([isOrdered, found.toTable().rows[1]![3]], [false, "no"]);
  },
});

Deno.test("deliver() refuses options that it does not know, and too many messages", async () => {
  await assertRejects(() => deliver({ message: 3 } as Parameters<typeof deliver>[0]), TypeError);
  await assertRejects(() => deliver({ messages: 101 }), RangeError);
});
