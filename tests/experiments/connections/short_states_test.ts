import { connectionLab, holdShortStates, recordTimeline } from "fourtuple";
import { assert, assertEquals } from "@std/assert";
import { requires } from "../../requirements.ts";

Deno.test({
  name: "holdShortStates() holds five states until a recorder has seen them, and lets all go on",
  ...requires("network namespace", "nft"),
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
    for (
      const part of [
        /^SYN_SENT,ESTABLISHED\b/,
        /^SYN_RECV,ESTABLISHED,CLOSE_WAIT/,
        /\bESTABLISHED,FIN_WAIT_1,FIN_WAIT_2,TIME_WAIT$/,
        /\bESTABLISHED,FIN_WAIT_1,CLOSING,TIME_WAIT$/,
        /^SYN_SENT,ESTABLISHED,FIN_WAIT_1,TIME_WAIT$/,
        /\bESTABLISHED,CLOSE_WAIT,LAST_ACK$/,
      ]
    ) assert(lives.some((life) => part.test(life)), `${part} is none of\n${lives.join("\n")}`);
    const rules = new Deno.Command(network.enter[0]!, {
      args: [...network.enter.slice(1), "nft", "list", "ruleset"],
    }).outputSync();
    assertEquals(new TextDecoder().decode(rules.stdout), "");
  },
});
