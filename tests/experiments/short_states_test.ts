import { connectionLab, holdShortStates, recordTimeline } from "fourtuple";
import { assert, assertEquals } from "@std/assert";
import { requires } from "../requirements.ts";

Deno.test({
  name: "holdShortStates() holds five states until a recorder has seen them, and lets all go on",
  ...requires("network namespace"),
  async fn() {
    await using lab = await connectionLab();
    const { network, port } = lab;
    const recorder = recordTimeline({ port }, { network });
    const held = await holdShortStates(lab, recorder);
    assertEquals(held.map(({ state }) => state), [
      ...["SYN_SENT", "SYN_RECV", "FIN_WAIT_1", "CLOSING", "LAST_ACK"],
    ]);
    const [listener, ...ends] = recorder.stop().sockets;
    assertEquals(listener!.spans.map(({ state }) => state), ["LISTEN"]);
    const lives = ends.map(({ spans }) => spans.map(({ state }) => state).join());
    assert(lives.some((life) => /^SYN_SENT,ESTABLISHED\b/.test(life)), String(lives));
    assert(lives.some((life) => /\bFIN_WAIT_1,CLOSING,TIME_WAIT$/.test(life)), String(lives));
    assert(lives.some((life) => /\bLAST_ACK$/.test(life)), String(lives));
    const rules = new Deno.Command(network.enter[0]!, {
      args: [...network.enter.slice(1), "nft", "list", "ruleset"],
    }).outputSync();
    assertEquals(new TextDecoder().decode(rules.stdout), "");
  },
});
