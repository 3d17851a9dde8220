/** One test for IPv4 and for IPv6, and ranges of free ports. */
import { Endpoint, freePort, isPortFree, PortRange, Socket } from "fourtuple";
import { assertBecomes, openSockets } from "./_leftovers.ts";

const ADDRESSES = ["127.0.0.1", ...(hasIpv6() ? ["::1"] : [])];

type Test = (anyPort: Endpoint) => Promise<void>;

/**
 * Makes a test that runs for each family, side by side, since it mostly waits. At its end this
 * process must have the sockets that it had before. `anyPort` is the loopback address with port 0.
 */
export function testOnBoth(name: string, test: Test): void {
  groupOnBoth(name)("", test);
}

/** Returns a function like `testOnBoth` whose tests all run side by side, as the steps of one test. */
export function groupOnBoth(title: string): (name: string, test: Test) => void {
  const steps: Deno.TestStepDefinition[] = [];
  Deno.test(title, async (t) => {
    const before = openSockets();
    await Promise.all(steps.map((step) => t.step(step)));
    await assertBecomes(openSockets, before);
  });
  return (name, test) => {
    for (const address of ADDRESSES) {
      steps.push({
        name: `${name} (${address})`.trim(),
        fn: () => test(Endpoint.from(address, 0)),
        // Deno cannot tell which of two steps has opened what; the test around them still checks.
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
      });
    }
  };
}

function hasIpv6(): boolean {
  try {
    using socket = Socket.tcp({ family: "IPv6" });
    socket.bind("[::1]:0");
    return true;
  } catch {
    return false;
  }
}

/** Outside the kernel's own range, which the tests of other processes use. */
const CANDIDATES = PortRange.from(20_000, 32_000);

const given = new Set<number>();

/** Returns a range of `size` ports that are free on this address and that no other test has got. */
export function freeRange({ address }: Endpoint, size: number): PortRange {
  for (let tries = 0; tries < 200; tries++) {
    const first = CANDIDATES.first + Math.floor(Math.random() * (CANDIDATES.size - size));
    const range = PortRange.from(first, first + size - 1);
    if ([...range].some((port) => given.has(port) || !isPortFree(port, { address }))) continue;
    for (const port of range) given.add(port);
    return range;
  }
  throw new Error(`Cannot find ${size} free ports in a row in ${CANDIDATES}`);
}

/** Takes one port of a range, as another program would. */
export function takeOne({ address }: Endpoint, range: PortRange): Disposable & { port: number } {
  return freePort({ address, range });
}
