import { Endpoint, FourTuple, PrivateNetwork, Socket, SocketError } from "fourtuple";
import { assertEquals, assertThrows } from "@std/assert";
import { canMakeNamespace } from "../_namespace.ts";
import { countDescriptors, receiveAll, textOf, TIMEOUT } from "./_sockets.ts";

const ignore = !canMakeNamespace;

/** The four-tuples that the articles print, with the client's end first. */
const PRINTED = [
  "10.0.0.5:51234 -> 203.0.113.80:443",
  "10.0.0.5:51235 -> 203.0.113.80:443",
  "10.0.0.50:52431 -> 192.168.1.100:80",
  "10.0.0.50:52432 -> 192.168.1.100:80",
  "10.0.0.99:41000 -> 192.168.1.100:80",
];
const ADDRESSES = ["10.0.0.5", "203.0.113.80", "10.0.0.50", "10.0.0.99", "192.168.1.100"];

/** Both ends of a conversation of this four-tuple; the listening socket is closed again. */
async function converse(network: PrivateNetwork, tuple: FourTuple): Promise<[Socket, Socket]> {
  const family = tuple.local.family;
  using listener = network.tcp({ family, timeout: TIMEOUT });
  listener.setOption("reuseAddress", true);
  listener.bind(tuple.remote);
  listener.listen();
  const client = network.tcp({ family, timeout: TIMEOUT });
  client.bind(tuple.local);
  await client.connect(tuple.remote);
  return [client, await listener.accept()];
}

/** The rows of a process's network, as "local -> remote" in the kernel's own hexadecimal digits. */
function rowsOf(pid: number | "self"): string[] {
  return Deno.readTextFileSync(`/proc/${pid}/net/tcp`).trim().split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/).slice(1, 3).join(" -> "));
}

/** An IPv4 endpoint as /proc/net/tcp spells it: the address's bytes in reverse order. */
function hexadecimal(endpoint: Endpoint): string {
  const bytes = [...endpoint.toBytes()].reverse();
  const digits = (value: number, length: number) =>
    value.toString(16).toUpperCase().padStart(length, "0");
  return `${bytes.map((byte) => digits(byte, 2)).join("")}:${digits(endpoint.port, 4)}`;
}

/** Whether a process is there; one that has ended and was not waited for is. */
function isThere(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test({
  name: "PrivateNetwork has the articles' four-tuples in its table, and this machine has not",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({ addresses: ADDRESSES });
    const wanted = [];
    for (const text of PRINTED) {
      const [local, remote] = text.split(" -> ") as [string, string];
      const at = (place: string) => {
        const [address, port] = place.split(":") as [string, string];
        return Endpoint.from(address, port);
      };
      const tuple = FourTuple.from(at(local), at(remote));
      const [client, accepted] = await converse(network, tuple);
      assertEquals(
        String(FourTuple.from(client.localEndpoint(), client.remoteEndpoint())),
        text,
      );
      assertEquals(accepted.remoteEndpoint(), tuple.local);
      const [from, to] = [hexadecimal(tuple.local), hexadecimal(tuple.remote)];
      wanted.push(`${from} -> ${to}`, `${to} -> ${from}`);
    }
    const inside = rowsOf(network.pid);
    assertEquals(wanted.filter((row) => !inside.includes(row)), []);
    const outside = rowsOf("self");
    assertEquals(wanted.filter((row) => outside.includes(row)), []);
  },
});

Deno.test({
  name: "PrivateNetwork.tcp() and udp() bind privileged ports of both families",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create({
      addresses: ["192.168.1.100", "2001:DB8:0::100"],
    });
    assertEquals(network.addresses, ["192.168.1.100", "2001:db8::100"]);
    for (const address of network.addresses) {
      const server = Endpoint.from(address, 443);
      const [client, accepted] = await converse(
        network,
        FourTuple.from(Endpoint.from(address, 1), server),
      );
      await client.send("hello");
      client.shutdown("write");
      assertEquals(await receiveAll(accepted), "hello");

      const options = { family: server.family, timeout: TIMEOUT };
      const receiver = network.udp(options);
      receiver.bind(Endpoint.from(address, 53));
      const sender = network.udp(options);
      sender.bind(Endpoint.from(address, 68));
      await sender.sendTo("who?", receiver.localEndpoint());
      const { data, from } = await receiver.receiveFrom();
      assertEquals([textOf(data), from], ["who?", sender.localEndpoint()]);
    }
  },
});

Deno.test({
  name: "PrivateNetwork.tcp() gives descriptors that do not wait and that no child inherits",
  ignore,
  async fn() {
    await using network = await PrivateNetwork.create();
    const descriptors = [
      network.tcp().descriptor,
      network.udp().descriptor,
      network.diagDescriptor,
    ];
    for (const descriptor of descriptors) {
      const info = Deno.readTextFileSync(`/proc/self/fdinfo/${descriptor}`);
      const flags = parseInt(/^flags:\s+(\d+)$/m.exec(info)![1]!, 8);
      assertEquals(flags & 0o2004000, 0o2004000, info); // O_CLOEXEC | O_NONBLOCK, open(2)
    }
  },
});

Deno.test({
  name: "PrivateNetwork.close() closes its sockets, ends its process and leaves no descriptor",
  ignore,
  async fn() {
    using _ = await warmUp();
    const before = countDescriptors();
    const network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
    const { pid } = network;
    const listener = network.tcp({ timeout: TIMEOUT });
    listener.bind("10.0.0.5:22");
    listener.listen();
    const client = network.tcp({ timeout: TIMEOUT });
    await client.connect("10.0.0.5:22");
    const accepted = await listener.accept();
    const waiting = accepted.receive().catch((error) => error);
    network.tcp().close();
    assertEquals(network.isClosed, false);

    await Promise.all([network.close(), network.close()]);
    assertEquals([listener, client, accepted].map((socket) => socket.isClosed), [true, true, true]);
    assertEquals((await waiting).code, "ECANCELED");
    assertEquals([network.isClosed, network.diagDescriptor], [true, -1]);
    assertEquals(String(network), "closed private network of 10.0.0.5");
    assertEquals(isThere(pid), false);
    assertEquals(countDescriptors(), before);
    assertEquals(
      assertThrows(() => network.tcp(), SocketError).message,
      'Cannot make a socket for "tcp over IPv4": the private network is closed, got EBADF',
    );
  },
});

/** Opens what the first socket that waits opens for good: nothing of that is a leak. */
async function warmUp(): Promise<Disposable> {
  const socket = Socket.udp();
  socket.bind("127.0.0.1:0");
  await socket.receive({ timeout: 1 }).catch(() => {});
  return socket;
}
