import { assertEquals } from "@std/assert";
import { type Audience, Engine } from "../../../../lib/notebooks/kernel/engine.ts";
import { BareKernel, type Seen } from "./_bare_kernel.ts";
import { CELLS } from "./_cells.ts";

const cwd = new URL("../../../../notebooks/", import.meta.url);

/** Runs a cell in our kernel. */
async function run(engine: Engine, code: string): Promise<Seen> {
  let printed = "";
  let value: string | undefined;
  const ended = Promise.withResolvers<Seen>();
  execute(engine, code, {
    onShow: ({ type, content }) => {
      if (type === "stream") printed += content.text;
      if (type === "execute_result") value = content.data["text/plain"];
    },
    onEnd: (reply) => {
      const error = reply.status === "error" ? reply.evalue : undefined;
      ended.resolve({ status: reply.status, printed, value, error });
    },
  });
  // While it waits, the type checker is not asked for the reason of an error.
  execute(engine, "", {});
  return await ended.promise;
}

function execute(engine: Engine, code: string, audience: Partial<Audience>): void {
  engine.execute({
    code,
    silent: false,
    storeHistory: true,
    allowInput: false,
    stopOnError: false,
    userExpressions: {},
    metadata: {},
    audience: {
      onStart: () => {},
      onShow: () => {},
      onInput: () => Promise.resolve(null),
      onEnd: () => {},
      ...audience,
    },
  });
}

Deno.test("Cells give in our kernel what they give in the Deno kernel by itself", async (t) => {
  await using bare = await BareKernel.start(cwd);
  await using engine = await Engine.start({ cwd });
  for (const code of CELLS) {
    const expected = await bare.run(code);
    const seen = await run(engine, code);
    // Of a text that does not parse, the Deno kernel says nothing more.
    const error = expected.error === "Execution failed" ? seen.error : expected.error;
    await t.step(code, () => assertEquals(seen, { ...expected, error }));
  }
});
