import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ConnectionFilter, connections } from "fourtuple";
import { matcherOf } from "../../../lib/observe/rows/connection_filter.ts";
import { isRefusal } from "../../../lib/refusal.ts";
import { row } from "../_rows.ts";

const ROWS = [
  row("tcp LISTEN 0.0.0.0:80"),
  row("tcp ESTABLISHED 127.0.0.1:80 127.0.0.2:5000"),
  row("tcp ESTABLISHED 127.0.0.2:5000 127.0.0.1:80"),
  row("udp UNCONNECTED 127.0.0.1:80"),
  row("tcp ESTABLISHED [::ffff:127.0.0.1]:443 [::ffff:127.0.0.3]:5000"),
  row("tcp TIME_WAIT [fe80::1]:443 [fe80::2]:5000"),
];

Deno.test("matcherOf() lets pass what has every field that was asked for", () => {
  const table: [filter: ConnectionFilter, passing: number[]][] = [
    [{}, [0, 1, 2, 3, 4, 5]],
    [{
      protocol: undefined,
      state: undefined,
      address: undefined,
      port: undefined,
      localPort: undefined,
      remotePort: undefined,
    }, [0, 1, 2, 3, 4, 5]],
    [{ protocol: "udp" }, [3]],
    [{ protocol: "tcp" }, [0, 1, 2, 4, 5]],
    [{ state: "LISTEN" }, [0]],
    [{ state: "UNCONNECTED" }, [3]],
    [{ state: "TIME_WAIT" }, [5]],
    [{ port: 80 }, [0, 1, 2, 3]],
    [{ localPort: 80 }, [0, 1, 3]],
    [{ remotePort: 80 }, [2]],
    [{ port: 0 }, [0, 3]],
    [{ localPort: 80, remotePort: 5000 }, [1]],
    [{ port: 80, protocol: "tcp", state: "ESTABLISHED" }, [1, 2]],
    [{ port: 65535 }, []],
    // An IPv4 address finds sockets that have it mapped; a mapped one finds only those.
    [{ address: "127.0.0.1" }, [1, 2, 3, 4]],
    [{ address: "127.0.0.3" }, [4]],
    [{ address: "::ffff:127.0.0.1" }, [4]],
    [{ address: "::FFFF:7F00:1" }, [4]],
    [{ address: "0.0.0.0" }, [0, 3]],
    // /proc tells no zone, so any zone fits.
    [{ address: "fe80::1" }, [5]],
    [{ address: "fe80:0::1%eth0" }, [5]],
  ];
  for (const [filter, passing] of table) {
    const found = ROWS.flatMap((each, index) => matcherOf(filter)(each) ? [index] : []);
    assertEquals(found, passing, JSON.stringify(filter));
  }
});

Deno.test("connections() refuses a filter that it does not understand", () => {
  const table: [filter: unknown, kind: ErrorConstructor, part: string][] = [
    [{ port: 65536 }, RangeError, "65536"],
    [{ localPort: -1 }, RangeError, "-1"],
    [{ remotePort: 80.5 }, RangeError, "80.5"],
    [{ port: NaN }, RangeError, "NaN"],
    [{ port: "80" }, TypeError, '"80"'],
    [{ port: null }, TypeError, "null"],
    [{ protocol: "TCP" }, TypeError, '"TCP"'],
    [{ state: "LISTENING" }, TypeError, '"LISTENING"'],
    [{ state: 10 }, TypeError, "10"],
    [{ address: "localhost" }, SyntaxError, '"localhost"'],
    [{ address: 2130706433 }, TypeError, "2130706433"],
    [{ prot: "tcp" }, TypeError, '"prot"'],
    [8080, TypeError, "8080"],
    [null, TypeError, "null"],
  ];
  for (const [filter, kind, part] of table) {
    const error = assertThrows(() => connections(filter as ConnectionFilter), kind);
    assert(isRefusal(error));
    assertEquals(error.part, part);
  }
});
