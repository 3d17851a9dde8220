/** Prints what PrivateNetwork and labNetwork() say where the machine forbids namespaces. */
import { connections, labNetwork, PrivateNetwork, Socket } from "fourtuple";
import { countDescriptors, TIMEOUT } from "../sockets/_sockets.ts";

const options = { addresses: ["192.168.1.100", "10.0.0.50", "2001:db8::1", "2001:db8::2"] };

const first = await PrivateNetwork.create(options).catch((error) => error);
const before = countDescriptors();
await PrivateNetwork.create(options).catch(() => {});
const leaks = countDescriptors() - before;

const lab = await labNetwork(options);
const named = ["192.168.1.100:80", "10.0.0.50:52431", "[2001:db8::1]:8080", "[2001:db8::2]:8080"];
const standIns = named.map((text) => String(lab.endpoint(text)));
const again = named.map((text) => String(lab.endpoint(text)));

const web = lab.endpoint("192.168.1.100:80");
const listener = Socket.tcp({ network: lab, timeout: TIMEOUT });
listener.bind(web);
listener.listen();
const client = Socket.tcp({ network: lab, timeout: TIMEOUT });
client.bind(lab.endpoint("10.0.0.50:52431"));
await client.connect(web);
const accepted = await listener.accept();
const filter = { protocol: "tcp", port: web.port, state: "ESTABLISHED" } as const;
const rows = connections(filter, { network: lab }).map(({ local }) => String(local));

const refusals = ["0.0.0.0:80", "[::]:80", "10.9.9.9:80"].map((text) => {
  try {
    return String(lab.endpoint(text));
  } catch (error) {
    return `${error}`;
  }
});
const { isPrivate, note, enter, addresses } = lab;
const shown = Deno.inspect(lab);
const isOwnPid = lab.pid === Deno.pid;
let isDone = false;
const unseen = await lab.inPrivate("ten lines", () => isDone = true);
await lab.close();
await lab.close();
console.log(JSON.stringify({
  refusal: [first.constructor.name, first.message],
  leaks,
  lab: { isPrivate, note, enter, addresses, isOwnPid },
  standIns,
  again,
  rows,
  refusals,
  closed: [listener, client, accepted].map((socket) => socket.isClosed),
  leftOpen: countDescriptors() - before,
  diagDescriptor: lab.diagDescriptor,
  unseen: [String(unseen), isDone],
  shown,
}));
