import { assertEquals } from "@std/assert";
import { addressInUse, connections, InUseCauses, listenAt, PrivateNetwork } from "fourtuple";
import { requires } from "../../requirements.ts";

Deno.test("addressInUse() finds seven causes that no list of listeners shows", {
  ...requires("network namespace", "Linux 6.8"),
}, async () => {
  const found = await addressInUse();
  assertEquals(found.causes.map(({ wanted, code, listed }) => [String(wanted), code, listed]), [
    ["192.168.1.100:8080", "EADDRINUSE", 0],
    ["192.168.1.100:8081", "EADDRINUSE", 0],
    ["192.168.1.100:8082", "EADDRINUSE", 0],
    ["192.168.1.100:8083", "EADDRINUSE", 0],
    ["0.0.0.0:8084", "EADDRINUSE", 0],
    ["192.168.1.100:8085", "EADDRINUSE", 0],
    ["192.168.1.100:0", "EADDRINUSE", 0],
  ]);
  const sockets = found.causes.map((each) => each.found.map((line) => line.split(", ")[0]));
  assertEquals(sockets, [
    ["CLOSE 192.168.1.100:8080"],
    ["TIME_WAIT 192.168.1.100:8081"],
    ["ESTABLISHED 192.168.1.100:8082"],
    ["LISTEN 0.0.0.0:8083"],
    ["LISTEN [::]:8084"],
    ["LISTEN 192.168.1.100:8085"],
    [],
  ]);
  const { caption, columns } = found.toTable();
  assertEquals(
    caption,
    "In each case, bind: EADDRINUSE; listening sockets at the address and port: none",
  );
  assertEquals(columns, ["what has the port", "bind wants", "the whole table has"]);
  const other = { ...found.causes[0]!, code: undefined, listed: 1 };
  const mixed = new InUseCauses([...found.causes, other]).toTable();
  assertEquals([mixed.caption, mixed.columns.length, mixed.rows.at(-1)?.slice(2, 4)], [
    undefined,
    5,
    ["granted", 1],
  ]);
  assertEquals(connections({ address: "192.168.1.100", localPort: 8080 }).length, 0);
});

Deno.test("a reserved port can be bound by its number", {
  ...requires("network namespace"),
}, async () => {
  const sysctls = {
    "net.ipv4.ip_local_port_range": "50000 50001",
    "net.ipv4.ip_local_reserved_ports": "50000-50001",
  };
  await using network = await PrivateNetwork.create({ sysctls });
  assertEquals(listenAt("127.0.0.1:50000", { network }).localEndpoint().port, 50_000);
});
