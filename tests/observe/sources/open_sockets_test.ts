import { assert, assertEquals, assertThrows } from "@std/assert";
import { Socket } from "fourtuple";
import { socketsOf } from "../../../lib/observe/sources/open_sockets.ts";

Deno.test("socketsOf() finds the sockets among the descriptors, with the inodes of the links", () => {
  using one = Socket.tcp();
  using other = Socket.udp({ family: "IPv6" });
  using file = Deno.openSync(new URL(import.meta.url));
  assert(file.statSync().isFile);
  const links = socketsOf(Deno.pid);
  for (const { descriptor } of [one, other]) {
    const link = Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
    const [found] = links.filter((each) => each.descriptor === descriptor);
    assertEquals(`socket:[${found?.inode}]`, link);
  }
  const others = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return [[Number(name), Deno.readLinkSync(`/proc/self/fd/${name}`)] as const];
    } catch {
      return []; // the directory's own descriptor
    }
  }).filter(([, link]) => !link.startsWith("socket:")).map(([descriptor]) => descriptor);
  assert(others.length > 3);
  assertEquals(links.filter(({ descriptor }) => others.includes(descriptor)), []);
});

Deno.test("socketsOf() says that a process is gone", () => {
  // Linux gives no process so high a number: PID_MAX_LIMIT is 2 ** 22.
  assertThrows(() => socketsOf(2 ** 22 + 1), Deno.errors.NotFound);
});
