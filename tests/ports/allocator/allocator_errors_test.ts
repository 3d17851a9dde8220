import { assertEquals, assertThrows } from "@std/assert";
import { PortAllocator, PortRange, PortsExhaustedError, PortUnavailableError } from "fourtuple";

Deno.test("PortsExhaustedError tells where the ports are", () => {
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
  assertEquals(
    error.message,
    'Cannot allocate a port of "6000-6003": at least one must be free, ' +
      "got 1 held, 1 resting and 2 refused by the probe",
  );
  assertEquals([error.name, `${error.range}`], ["PortsExhaustedError", "6000-6003"]);
  assertEquals([error.held, error.resting, error.refused], [1, 1, 2]);
});

Deno.test("PortUnavailableError tells why", () => {
  const busy = new Set<number>();
  const allocator = new PortAllocator(PortRange.parse("6000-6003"), {
    probe: (port) => !busy.has(port),
    quarantine: 60_000,
  });
  allocator.reserve(6000, "a");
  allocator.reserve(6001, "a").release();
  busy.add(6002);
  const messages = [6000, 6001, 6002].map((port) => {
    const error = assertThrows(() => allocator.reserve(port, "b"), PortUnavailableError);
    assertEquals([error.name, error.port], ["PortUnavailableError", port]);
    return error.message;
  });
  assertEquals(messages, [
    'Cannot reserve port "6000": a port has one owner at a time, got one that somebody holds',
    'Cannot reserve port "6001": a port rests after its release, got one that still does',
    'Cannot reserve port "6002": the port must be free on this machine, got a refusal by the probe',
  ]);
});
