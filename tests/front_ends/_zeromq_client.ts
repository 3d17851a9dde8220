/**
 * A Jupyter client by npm's zeromq, which VS Code uses: libzmq itself, and nothing of ours.
 *
 * `node client.mjs MODULE CONNECTION_FILE CELL …` (this file without its types: in Deno, the addon's
 * sockets never wake up) runs cells one behind the other, answers each question with "Ada", asks the
 * kernel to end, and prints what it got, a line of JSON each.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";

const [module, path, ...cells] = process.argv.slice(2);
// Not by a static import: those who do not run this test need not fetch 41 MB.
const { Dealer, Request, Subscriber } = await import(module!);
const file = JSON.parse(readFileSync(path!, "utf8"));
const session = crypto.randomUUID();

function connected<Socket extends { connect(address: string): void }>(
  socket: Socket,
  channel: string,
): Socket {
  socket.connect(`tcp://${file.ip}:${file[`${channel}_port`]}`);
  return socket;
}

function sign(parts: readonly string[]): string {
  const hmac = createHmac("sha256", file.key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function request(type: string, content: unknown): { id: string; frames: string[] } {
  const id = crypto.randomUUID();
  const date = new Date().toISOString();
  const header = { msg_id: id, msg_type: type, session, username: "zmq", date, version: "5.3" };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  return { id, frames: ["<IDS|MSG>", sign(parts), ...parts] };
}

async function receive(socket: { receive(): Promise<Uint8Array[]> }) {
  const frames = (await socket.receive()).map((frame) => new TextDecoder().decode(frame));
  const [signature, ...parts] = frames.slice(frames.indexOf("<IDS|MSG>") + 1);
  if (sign(parts) !== signature) throw new Error("A message has a wrong signature");
  const [header, parent, _, content] = parts.map((part) => JSON.parse(part));
  return { type: header.msg_type, parent: parent.msg_id, content };
}

function print(type: string, content: unknown): void {
  console.log(JSON.stringify([type, content]));
}

const routingId = session;
const iopub = connected(new Subscriber(), "iopub");
iopub.subscribe();
const shell = connected(new Dealer({ routingId }), "shell");
const control = connected(new Dealer({ routingId }), "control");
const stdin = connected(new Dealer({ routingId }), "stdin");
const heartbeat = connected(new Request(), "hb");

await heartbeat.send("beat");
print("heartbeat", new TextDecoder().decode((await heartbeat.receive())[0]));
while ((await receive(iopub)).type !== "iopub_welcome");
const info = request("kernel_info_request", {});
await shell.send(info.frames);
print("kernel_info", (await receive(shell)).content.language_info.name);

(async () => {
  while ((await receive(stdin)).type === "input_request") {
    await stdin.send(request("input_reply", { value: "Ada" }).frames);
  }
})();
for (const code of cells) {
  const { id, frames } = request("execute_request", { code, allow_stdin: true });
  await shell.send(frames);
  while (true) {
    const { type, parent, content } = await receive(iopub);
    if (parent !== id) continue;
    if (type !== "status") print(type, content);
    else if (content.execution_state === "idle") break;
  }
  print("execute_reply", (await receive(shell)).content);
}
await control.send(request("shutdown_request", { restart: false }).frames);
print("shutdown_reply", (await receive(control)).content);
process.exit();
