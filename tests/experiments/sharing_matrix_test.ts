import { assertEquals, assertRejects } from "@std/assert";
import { PrivateNetwork, shareDatagrams, tryEveryLocalPort, tryEveryOption } from "fourtuple";
import { requires } from "../requirements.ts";

const namespace = requires("network namespace");

Deno.test("tryEveryOption() tries nine pairs for each case", async () => {
  const trials = await tryEveryOption({
    bound: {},
    listening: { stage: "listening" },
    elsewhere: { stage: "listening", second: { address: "127.0.0.2" } },
  });
  assertEquals(trials.length, 27);
  const shared = (column: string) =>
    trials.filter((each) => each.column === column && each.outcome === "shared")
      .map(({ row }) => row);
  assertEquals(shared("bound"), ["reuseAddress + reuseAddress", "reusePort + reusePort"]);
  assertEquals(shared("listening"), ["reusePort + reusePort"]);
  assertEquals(shared("elsewhere").length, 9);
});

Deno.test("tryEveryOption() works at every address of a network", namespace, async () => {
  await using network = await PrivateNetwork.create({ addresses: ["192.168.1.100"] });
  const trials = await tryEveryOption({
    all: {
      stage: "listening",
      first: { address: "0.0.0.0" },
      second: { address: "192.168.1.100" },
    },
  }, { network });
  const shared = trials.filter(({ outcome }) => outcome === "shared");
  assertEquals(shared.map(({ row }) => row), ["reusePort + reusePort"]);
});

Deno.test("shareDatagrams() counts what each of two sockets gets", async () => {
  assertEquals(await shareDatagrams("reuseAddress", 50), [0, 50]);
  const [first, second] = await shareDatagrams("reusePort", 100);
  assertEquals([first + second, first > 0, second > 0], [100, true, true]);
  await assertRejects(() => shareDatagrams("reusePort", 0), RangeError);
  await assertRejects(() => shareDatagrams("linger" as "reusePort", 1), TypeError);
});

Deno.test("tryEveryLocalPort() finds three ways to share a local port", namespace, async () => {
  const trials = await tryEveryLocalPort();
  assertEquals(trials.map(({ row, column, outcome }) => [row, column, outcome].join(" | ")), [
    "connect | another server | both connected",
    "connect | the same server | connect refused",
    "bind 0 | another server | bind refused",
    "bind 0 | the same server | bind refused",
    "bind 0, bindAddressNoPort | another server | both connected",
    "bind 0, bindAddressNoPort | the same server | connect refused",
    "bind 50000 | another server | bind refused",
    "bind 50000 | the same server | bind refused",
    "bind 50000, reuseAddress | another server | both connected",
    "bind 50000, reuseAddress | the same server | connect refused",
  ]);
});
