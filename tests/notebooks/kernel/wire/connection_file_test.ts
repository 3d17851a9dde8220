import { assertEquals, assertThrows } from "@std/assert";
import {
  formatConnectionFile,
  newConnectionFile,
  parseConnectionFile,
} from "../../../../lib/notebooks/kernel/wire/connection_file.ts";

const FILE = {
  transport: "tcp",
  ip: "127.0.0.1",
  signature_scheme: "hmac-sha256",
  key: "secret",
  shell_port: 1,
  control_port: 2,
  iopub_port: 3,
  stdin_port: 4,
  hb_port: 65_535,
  kernel_name: "fourtuple",
};
const PORTS = { shell: 1, control: 2, iopub: 3, stdin: 4, hb: 65_535 };

Deno.test("parseConnectionFile() reads what Jupyter writes", () => {
  assertEquals(parseConnectionFile(JSON.stringify(FILE)), {
    ip: "127.0.0.1",
    ports: PORTS,
    key: "secret",
  });
  for (
    const [ip, address] of [["localhost", "127.0.0.1"], ["127.0.0.2", "127.0.0.2"], ["::1", "::1"]]
  ) {
    assertEquals(parseConnectionFile(JSON.stringify({ ...FILE, ip })).ip, address);
  }
  // Without a key, nothing is signed, whatever the scheme.
  const open = { ...FILE, key: "", signature_scheme: "" };
  assertEquals(parseConnectionFile(JSON.stringify(open)).key, "");
});

Deno.test("parseConnectionFile() reads what formatConnectionFile() writes", () => {
  const file = newConnectionFile();
  assertEquals(parseConnectionFile(formatConnectionFile(file)), file);
  assertEquals(new Set(Object.values(file.ports)).size, 5);
});

const REFUSED: readonly [fields: Record<string, unknown>, rule: string, part: string][] = [
  [{ transport: "ipc" }, 'this kernel speaks TCP: "transport" is "tcp"', '"ipc"'],
  [
    { signature_scheme: "hmac-md5" },
    'this kernel signs its messages by HMAC with SHA-256: "signature_scheme" is "hmac-sha256"',
    '"hmac-md5"',
  ],
  [{ key: 5 }, '"key" is a text', "5"],
  [
    { ip: "0.0.0.0" },
    'a kernel runs any code, so it listens on this computer alone: "ip" is a loopback address',
    '"0.0.0.0"',
  ],
  [{ shell_port: undefined }, '"shell_port" is a number from 1 to 65535', "nothing"],
  [{ hb_port: "80" }, '"hb_port" is a number from 1 to 65535', '"80"'],
  [{ iopub_port: 65_536 }, '"iopub_port" is a number from 1 to 65535', "65536"],
  [{ stdin_port: 1.5 }, '"stdin_port" is a number from 1 to 65535', "1.5"],
];

for (const [fields, rule, part] of REFUSED) {
  Deno.test(`parseConnectionFile() refuses ${JSON.stringify(fields)}`, () => {
    const error = assertThrows(
      () => parseConnectionFile(JSON.stringify({ ...FILE, ...fields })),
      Error,
      "Cannot use the connection file: ",
    ) as Error & { rule: string; part: string };
    assertEquals([error.rule, error.part], [rule, part]);
  });
}

Deno.test("parseConnectionFile() refuses what is no JSON object", () => {
  assertThrows(() => parseConnectionFile("{"), SyntaxError, "it is JSON");
  assertThrows(() => parseConnectionFile("null"), TypeError, "it is a JSON object");
});
