import { assertEquals } from "@std/assert";
import { Connections, ToolAnswer, toolComparison } from "fourtuple";
import { row } from "../_rows.ts";

Deno.test("toolComparison() puts each tool's own word beside the kernel's rows", () => {
  const rows = new Connections([
    row("tcp LISTEN 127.0.0.1:80"),
    row("tcp FIN_WAIT_2 127.0.0.1:5000 127.0.0.1:80"),
    row("tcp ESTABLISHED 127.0.0.1:80 127.0.0.1:5001"),
    row("udp UNCONNECTED 127.0.0.1:80"),
  ]);
  const answer = (tool: "ss" | "netstat" | "lsof", text: string, missing?: string) =>
    new ToolAnswer(tool, { tool, text, missing });
  const table = toolComparison(rows, [
    answer(
      "ss",
      "tcp LISTEN 0 5 127.0.0.1:80 0.0.0.0:*\ntcp FIN-WAIT-2 0 0 127.0.0.1:5000 127.0.0.1:80\n" +
        "tcp ESTAB 0 0 127.0.0.1:80 127.0.0.1:5001\nudp UNCONN 0 0 127.0.0.1:80 0.0.0.0:*",
    ),
    answer(
      "netstat",
      "tcp 0 0 127.0.0.1:5000 127.0.0.1:80 FIN_WAIT2\nudp 0 0 127.0.0.1:80 0.0.0.0:* ",
    ),
    answer("lsof", "a 1 u 3u IPv4 7 0t0 TCP 127.0.0.1:5000->127.0.0.1:80 (FIN_WAIT2 QR=0 QS=0)"),
    answer("lsof", "", "This machine has no lsof."),
  ]);
  assertEquals(table.columns, [
    "local",
    "remote",
    "connections()",
    "ss",
    "netstat",
    "lsof",
    "lsof",
  ]);
  const none = "(no such tool)";
  assertEquals(table.rows, [
    ["127.0.0.1:80", "*", "LISTEN", "LISTEN", "not listed", "not listed", none],
    ["127.0.0.1:5000", "127.0.0.1:80", "FIN_WAIT_2", "FIN-WAIT-2", "FIN_WAIT2", "FIN_WAIT2", none],
    ["127.0.0.1:80", "127.0.0.1:5001", "ESTABLISHED", "ESTAB", "not listed", "not listed", none],
    ["127.0.0.1:80", "*", "UNCONNECTED", "UNCONN", "listed", "not listed", none],
  ]);
});

Deno.test("toolComparison() has a column of owners where they were asked for", () => {
  const [named, unnamed, hidden] = [80, 81, 82].map((port) => row(`tcp LISTEN 127.0.0.1:${port}`));
  const nobodys = { ...row("tcp TIME_WAIT 127.0.0.1:80 127.0.0.1:5000"), inode: 0 };
  const owners = new Map([
    [named!, [{ program: "deno", pid: 7, descriptor: 3 }]],
    [unnamed!, [{ program: undefined, pid: 8, descriptor: undefined }]],
  ]);
  const rows = new Connections([named!, unnamed!, nobodys, hidden!], { owners });
  const table = toolComparison(rows, []);
  assertEquals(table.columns, ["local", "remote", "connections()", "owner"]);
  assertEquals(table.rows.map((cells) => cells[3]), [
    "deno (7), fd 3",
    "process 8",
    "nobody",
    "hidden from you",
  ]);
});
