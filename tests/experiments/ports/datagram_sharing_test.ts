import { assertEquals, assertRejects } from "@std/assert";
import { shareDatagrams } from "fourtuple";

Deno.test("shareDatagrams() counts what each of two sockets gets", async () => {
  assertEquals(await shareDatagrams("reuseAddress", 50), [0, 50]);
  const [first, second] = await shareDatagrams("reusePort", 100);
  assertEquals([first + second, first > 0, second > 0], [100, true, true]);
  await assertRejects(() => shareDatagrams("reusePort", 0), RangeError);
  await assertRejects(() => shareDatagrams("linger" as "reusePort", 1), TypeError);
});
