/** Prints how many connections a port lab on loopback has, when a port of its range is taken. */
import { connections, fillPorts, portLab, PortRange, Socket } from "fourtuple";

const range = PortRange.from(50000, 50003);
using taken = Socket.tcp();
taken.bind("127.0.0.1:50001");
taken.listen();
await using lab = await portLab(range);
const { connections: made } = await fillPorts(lab.newClient, lab.servers[0], { ending: "kept" });
const ports = connections({ state: "ESTABLISHED" }).map(({ local }) => local.port)
  .filter((port) => lab.range.has(port));
console.log(JSON.stringify({
  isPrivate: lab.network.isPrivate,
  made,
  ports: new Set(ports).size,
  isElsewhere: !lab.range.has(50001),
}));
