import { assertEquals, assertRejects } from "@std/assert";
import {
  freePorts,
  listenAt,
  PortClient,
  PortRange,
  type Service,
  SocketError,
  startServerAllocated,
  until,
} from "fourtuple";
import { assertNothingLeft } from "./_leftovers.ts";

/** A service with one port. */
function service(): Service {
  const [held] = freePorts(1);
  held!.release();
  return startServerAllocated("127.0.0.1:0", PortRange.from(held!.port, held!.port));
}

Deno.test("PortClient gets a port, talks there under its name, and releases it by close()", async () => {
  await using one = service();
  const ada = await PortClient.join(one.endpoint, "Ada");
  assertEquals(ada.answer, `port ${ada.port}`);
  assertEquals(await ada.ask("who"), `you are Ada, known by port ${ada.port}`);
  ada.close();
  ada.close();
  await until(() => one.snapshot().holdings.length === 0);
  using next = await PortClient.join(one.endpoint, "Ben");
  assertEquals(next.port, ada.port);
});

Deno.test("PortClient that is refused has no port, and nobody to ask", async () => {
  await using one = service();
  using _ada = await PortClient.join(one.endpoint, "Ada");
  using ben = await PortClient.join(one.endpoint, "Ben");
  assertEquals([ben.answer.slice(0, 17), ben.port], ["refused exhausted", undefined]);
  assertEquals(await ben.ask("who"), undefined);
});

Deno.test("PortClient.join() leaves nothing open where no service is, or where it speaks otherwise", async () => {
  const listener = listenAt("127.0.0.1:0");
  const at = listener.localEndpoint();
  listener.close();
  await assertRejects(() => PortClient.join(at, "Ada"), SocketError);
  await assertRejects(() => PortClient.join(at, 5 as never), TypeError);
  await assertNothingLeft([at.port]);
});
