import { assertEquals, assertThrows } from "@std/assert";
import { PortAllocator, PortRange, PortsExhaustedError, PortUnavailableError } from "fourtuple";

Deno.test("PortsExhaustedError says where the ports are", () => {
  const busy = new Set<number>();
  const allocator = new PortAllocator(PortRange.parse("6000-6003"), {
    probe: (port) => !busy.has(port),
    quarantine: 60_000,
  });
  allocator.reserve(6000, "a");
  allocator.reserve(6001, "a").release();
  busy.add(6002);
  busy.add(6003);
  const error = assertThrows(() => allocator.allocate("b"), PortsExhaustedError);
  assertEquals([error.name, `${error.range}`], ["PortsExhaustedError", "6000-6003"]);
  assertEquals([error.allocated, error.quarantined, error.refused], [1, 1, 2]);
});

Deno.test("PortUnavailableError says why", () => {
  const busy = new Set<number>();
  const allocator = new PortAllocator(PortRange.parse("6000-6003"), {
    probe: (port) => !busy.has(port),
    quarantine: 60_000,
  });
  allocator.reserve(6000, "a");
  allocator.reserve(6001, "a").release();
  busy.add(6002);
  const reasons = [6000, 6001, 6002].map((port) => {
    const error = assertThrows(() => allocator.reserve(port, "b"), PortUnavailableError);
    assertEquals([error.name, error.port], ["PortUnavailableError", port]);
    return error.reason;
  });
  assertEquals(reasons, ["allocated", "quarantined", "refused"]);
});
