/** One test for IPv4 and for IPv6. */
import { Endpoint, Socket } from "fourtuple";

const ADDRESSES = ["127.0.0.1", ...(hasIpv6() ? ["::1"] : [])];

/** Makes a test for each family; `anyPort` is the loopback address with port 0. */
export function testOnBoth(name: string, test: (anyPort: Endpoint) => Promise<void>): void {
  for (const address of ADDRESSES) {
    Deno.test(`${name} (${address})`, () => test(Endpoint.from(address, 0)));
  }
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
