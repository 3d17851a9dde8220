import { assertEquals } from "@std/assert";
import {
  CATALOGUE_STATES,
  statePhrase,
  wordState,
} from "../../../lib/observe/texts/_tool_state.ts";
import { parseNetstat } from "fourtuple";
import { requires } from "../../requirements.ts";

/** The names of tcp_state[] in net-tools' netstat.c. */
const NET_TOOLS_STATES = [
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
];

/** Reads a catalogue of gettext: GNU gettext's manual, "The Format of GNU MO Files". */
function catalogue(path: string): Map<string, string> {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = view.getUint32(0, true) === 0x950412de;
  const number = (at: number) => view.getUint32(at, isLittle);
  const string = (table: number, index: number) => {
    const [length, at] = [number(table + 8 * index), number(table + 8 * index + 4)];
    return bytes.subarray(at, at + length);
  };
  const [count, originals, translations] = [number(8), number(12), number(16)];
  const ascii = new TextDecoder("latin1");
  const pairs = Array.from({ length: count }, (_, index) => ({
    original: ascii.decode(string(originals, index)),
    translation: string(translations, index),
  }));
  const head = ascii.decode(pairs.find(({ original }) => original === "")!.translation);
  const decoder = new TextDecoder(/charset=(\S+)/.exec(head)![1]!);
  return new Map(pairs.map(({ original, translation }) => [original, decoder.decode(translation)]));
}

Deno.test({
  name: "CATALOGUE_STATES has the words of net-tools' message catalogues",
  ...requires("net-tools' catalogues"),
  fn() {
    for (const [language, states] of Object.entries(CATALOGUE_STATES)) {
      const words = catalogue(`/usr/share/locale/${language}/LC_MESSAGES/net-tools.mo`);
      const translated = NET_TOOLS_STATES.flatMap((state) => {
        const word = words.get(state) ?? state;
        return word === state ? [] : [[word, wordState(state)!] as const];
      });
      assertEquals(states, Object.fromEntries(translated), language);
      for (const state of NET_TOOLS_STATES) {
        const phrase = (words.get(state) ?? state).split(" ").map((text) => ({
          text,
          line: 1,
          column: 1,
        }));
        assertEquals(statePhrase([...phrase, { text: "0", line: 1, column: 9 }]), {
          length: phrase.length,
          state: wordState(state)!,
        }, `${language}: ${state}`);
      }
      // The timers of tcp_do_one().
      for (const timer of ["off (0.00/%ld/%d)", "on (%2.2f/%ld/%d)", "keepalive (%2.2f/%ld/%d)"]) {
        const printed = (words.get(timer) ?? timer).replace("%2.2f", "12,31").replaceAll(
          /%l?d/g,
          "0",
        );
        const row = `tcp 0 0 127.0.0.1:80 127.0.0.1:5000 ESTABLISHED 33 21190 1234/nginx: worker`;
        assertEquals(parseNetstat(`${row} ${printed}`)[0]!.owners, [{
          pid: 1234,
          program: "nginx: worker",
          descriptor: undefined,
        }], printed);
      }
    }
  },
});

Deno.test("wordState() reads letters that a wrong code page has spoilt", () => {
  const words: [word: string, state: string][] = [
    ["ABHÖREN", "LISTEN"],
    ["HÖRT", ""],
    ["OUÇA", "LISTEN"],
    ["ÚLTIMO_ACK", "LAST_ACK"],
    ["NASLOUCHÁ", "LISTEN"],
    ["ZAVÍRÁ", "CLOSING"],
    ["ZAVŘEN", "CLOSE"],
  ];
  const pages = ["utf-8", "latin1", "iso-8859-2", "windows-1250", "ibm866", "koi8-r", "euc-jp"];
  for (const [word, state] of words) {
    const bytes: Uint8Array[] = [new TextEncoder().encode(word)];
    if (!word.includes("Ř")) {
      bytes.push(Uint8Array.from(word, (letter) => letter.charCodeAt(0)));
    }
    const spoilt = bytes.flatMap((bytes) =>
      pages.map((page) => new TextDecoder(page).decode(bytes))
    )
      // A letter that has become a blank makes two words of one, and the row is left out.
      .filter((text) => !/\s/.test(text));
    for (
      const text of [
        word,
        word.replaceAll(/\P{ASCII}/gu, "?"),
        word.replaceAll(/\P{ASCII}/gu, "\uFFFD"),
        word.normalize("NFD"),
        word.normalize("NFD").replaceAll(/\P{ASCII}/gu, ""),
        ...spoilt,
      ]
    ) {
      assertEquals(wordState(text) ?? "", state, `${word} as ${JSON.stringify(text)}`);
    }
  }
  for (const word of ["ABHXREN", "LISTENED", "ESTABLISHEDX", "OUTA", "ABH REN", "?", ""]) {
    assertEquals(wordState(word), undefined, word);
  }
});

Deno.test("parseNetstat() takes an unknown word of Windows for a listener's only where it must be", () => {
  const row = (word: string, peer = "0.0.0.0:0") => `  TCP  0.0.0.0:135  ${peer}  ${word}  908`;
  const states = (text: string) => {
    const rows = parseNetstat(text);
    return [...[...rows].map(({ state }) => state), rows.leftOut.length];
  };
  const title = "  Proto  Adres lokalny  Obcy adres  Stan  PID\n";
  const known = "  TCP  127.0.0.1:80  127.0.0.1:5000  ESTABLISHED  7\n";
  // A Polish Windows.
  assertEquals(states(title + row("NASŁUCHIWANIE")), ["LISTEN", 0]);
  assertEquals(states(known + row("USTANOWIONO", "127.0.0.1:80")), ["ESTABLISHED", 1]);
  assertEquals(states(`${title}${row("NASŁUCHIWANIE")}\n${row("POWIĄZANE")}\n${known}`), [
    "ESTABLISHED",
    2,
  ]);
  assertEquals(states(`${row("LISTENING")}\n${row("POWIĄZANE")}`), ["LISTEN", 1]);
  // In English, all words are known.
  const english = title.replace("Adres lokalny", "Local Address");
  assertEquals(states(english + known + row("BOUNX")), ["ESTABLISHED", 1]);
});
