import { assertEquals } from "@std/assert";
import { tryEveryLocalPort } from "fourtuple";
import { requires } from "../../requirements.ts";

Deno.test(
  "tryEveryLocalPort() finds three ways to share a local port",
  requires("network namespace"),
  async () => {
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
  },
);
