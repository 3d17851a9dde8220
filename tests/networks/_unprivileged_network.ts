/** Prints what an ordinary user can do in a private network, and cannot do here. */
import { PrivateNetwork, Program, Socket } from "fourtuple";
import { codeOf } from "../sockets/_sockets.ts";

await using network = await PrivateNetwork.create({ addresses: ["10.0.0.5"] });
const status = Deno.readTextFileSync("/proc/self/status");
const inside = Socket.tcp({ network });
inside.bind("10.0.0.5:80");
const script = new URL("../../lib/examples/echo_server.ts", import.meta.url);
await using program = Program.start(script, { prefix: network.enter, args: ["443", "10.0.0.5"] });
console.log(JSON.stringify({
  uid: Deno.uid(),
  capabilities: /^CapEff:\t(\w+)$/m.exec(status)?.[1],
  here: await codeOf(() => Socket.tcp().bind("127.0.0.1:80")),
  inside: String(inside.localEndpoint()),
  program: await program.line("Listening"),
}));
