import { assertEquals, assertThrows } from "@std/assert";
import { PrivateNetwork } from "fourtuple";
import { wayTo } from "../../../lib/experiments/calls/routes.ts";
import { Endpoint } from "../../../lib/tuples/endpoint.ts";
import { programFor, requires } from "../../requirements.ts";

function way(address: string, pid: number) {
  const { isOwn, isBroadcast, route } = wayTo(Endpoint.from(address, 80), pid);
  const kind = isOwn ? "own" : isBroadcast ? "broadcast" : "other";
  return [kind, ...route === undefined ? [] : [route.device, route.gateway ?? "-", route.prefix]]
    .join(" ");
}

Deno.test({
  name: "wayTo() finds the most specific route, own and broadcast addresses, and refusals",
  ...requires("network namespace"),
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5", "2001:db8::5"] });
    const [first, ...enter] = network.enter;
    for (
      const args of [
        "link add eth9 type veth peer name eth8",
        "link set eth8 up",
        "addr add 10.9.0.1/24 dev eth9",
        "addr add 2001:db8:9::1/64 dev eth9 nodad",
        "link set eth9 up",
        "route add 198.51.0.0/16 via 10.9.0.254",
        "route add 198.51.100.0/26 dev eth9",
        "route add unreachable 198.51.100.64/26",
        "route add blackhole 198.51.100.128/26",
        "route add 2001:db8:100::/40 via 2001:db8:9::fe",
        "route add unreachable 2001:db8:1ff::/48",
      ]
    ) {
      const { success, stderr } = await new Deno.Command(first!, {
        args: [...enter, programFor("ip"), ...args.split(" ")],
      }).output();
      assertEquals([args, success, new TextDecoder().decode(stderr)], [args, true, ""]);
    }
    const table: [address: string, expected: string][] = [
      ["127.0.0.1", "own lo - 127.0.0.1/32"],
      ["127.9.9.9", "own lo - 127.0.0.0/8"],
      ["127.255.255.255", "broadcast"],
      ["10.0.0.5", "own lo - 10.0.0.5/32"],
      ["::ffff:10.0.0.5", "own lo - 10.0.0.5/32"],
      ["10.9.0.1", "own lo - 10.9.0.1/32"],
      ["10.9.0.77", "other eth9 - 10.9.0.0/24"],
      ["10.9.0.255", "broadcast"],
      ["198.51.7.7", "other eth9 10.9.0.254 198.51.0.0/16"],
      ["198.51.100.63", "other eth9 - 198.51.100.0/26"],
      ["198.51.100.64", "other"],
      ["198.51.100.191", "other"],
      ["198.51.100.192", "other eth9 10.9.0.254 198.51.0.0/16"],
      ["203.0.113.80", "other"],
      ["::1", "own lo - ::1/128"],
      ["2001:db8::5", "own lo - 2001:db8::5/128"],
      ["2001:db8:9::77", "other eth9 - 2001:db8:9::/64"],
      ["2001:db8:17f::1", "other eth9 2001:db8:9::fe 2001:db8:100::/40"],
      ["2001:db8:1ff::1", "other"],
      ["fd00::1", "other"],
      ["fe80::1%eth9", "other eth9 - fe80::/64"],
      ["fe80::1%eth7", "other"],
    ];
    assertEquals(table.map(([address]) => [address, way(address, network.pid)]), table);
  },
});

Deno.test("wayTo() knows loopback in this machine's own network", () => {
  const { isOwn, route } = wayTo(Endpoint.from("127.0.0.1", 80), "thread-self");
  assertEquals([isOwn, route?.device], [true, "lo"]);
  assertThrows(() => wayTo(Endpoint.from("127.0.0.1", 80), 2 ** 30), Deno.errors.NotFound);
});
