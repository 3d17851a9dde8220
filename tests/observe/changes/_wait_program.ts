/** For watch_test.ts: begins what is named, and leaves it. A program that ends has kept nothing alive. */
import { recordTimeline, watch } from "fourtuple";

const what = Deno.args[0];
const controller = new AbortController();
if (what === "forgotten") {
  watch();
  recordTimeline();
} else if (what === "left") {
  for await (const _change of watch()) break;
} else if (what === "aborted") {
  setTimeout(() => controller.abort(), 50);
  for await (const _change of watch({}, { signal: controller.signal }));
} else if (what === "stopped") {
  recordTimeline().stop();
} else if (what === "waiting") {
  // Nothing but this wait keeps the program running.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const changes = watch({ localPort: listener.addr.port, protocol: "tcp" });
  await changes.next();
  const closing = setTimeout(() => listener.close(), 50);
  Deno.unrefTimer(closing);
  while ((await changes.next()).value?.kind !== "gone");
  await changes.return?.();
}
console.log(`${what} done`);
