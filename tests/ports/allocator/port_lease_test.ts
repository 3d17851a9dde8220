import { assertEquals, assertStrictEquals } from "@std/assert";
import { PortAllocator, PortRange } from "fourtuple";

Deno.test("a lease gives its port back at the end of its block", () => {
  const allocator = new PortAllocator(PortRange.parse("6000-6001"));
  {
    using lease = allocator.allocate("a");
    assertEquals([lease.port, lease.owner, lease.active, `${lease}`], [6000, "a", true, "6000"]);
    assertStrictEquals(allocator.leaseOf(6000), lease);
  }
  assertEquals([allocator.held, allocator.leaseOf(6000)], [0, undefined]);
});

Deno.test("an old lease cannot take the port from its new owner", () => {
  const allocator = new PortAllocator(PortRange.parse("6000"));
  const old = allocator.allocate("a");
  allocator.release(6000);
  assertEquals(old.active, false);
  const next = allocator.allocate("b");
  old.release();
  old[Symbol.dispose]();
  assertEquals([allocator.owner(6000), next.active], ["b", true]);
  next.release();
  next.release();
  assertEquals([allocator.held, allocator.free], [0, 1]);
});
