import { assert, assertEquals } from "@std/assert";
import { runInNamespace } from "../../_namespace.ts";
import { requires } from "../../requirements.ts";
import type { LiveReading } from "./_tools_in_namespace.ts";

/** Each language of net-tools, with each code page that Debian has for it, and its decimal comma. */
const LOCALES: readonly (readonly [name: string, source: string, codePage: string])[] = [
  ["cs_CZ.UTF-8", "cs_CZ", "UTF-8"],
  ["cs_CZ", "cs_CZ", "ISO-8859-2"],
  ["de_DE", "de_DE", "ISO-8859-1"],
  ["et_EE.ISO-8859-15", "et_EE", "ISO-8859-15"],
  ["fr_FR.UTF-8", "fr_FR", "UTF-8"],
  ["ja_JP.UTF-8", "ja_JP", "UTF-8"],
  ["ja_JP.EUC-JP", "ja_JP", "EUC-JP"],
  ["pt_BR.UTF-8", "pt_BR", "UTF-8"],
  ["pt_BR", "pt_BR", "ISO-8859-1"],
];

async function buildLocale([name, source, codePage]: (typeof LOCALES)[number], folder: string) {
  // 1 is the exit code of a locale that was made with warnings.
  const { code, stderr } = await new Deno.Command("localedef", {
    args: ["-c", "-i", source, "-f", codePage, "--no-archive", `${folder}/${name}`],
  }).output();
  assert(code <= 1, `${name}: ${new TextDecoder().decode(stderr)}`);
}

Deno.test({
  name: "What netstat, ss, lsof and BusyBox print in every language is in the kernel's table",
  ...requires(
    "network namespace",
    "netstat",
    "net-tools' catalogues",
    "ss",
    "lsof",
    "busybox",
    "/usr/share/i18n",
  ),
  async fn() {
    const folder = await Deno.makeTempDir();
    const before = [Deno.env.get("LOCPATH"), Deno.env.get("LIVE_LOCALES")];
    try {
      await Promise.all(LOCALES.map((locale) => buildLocale(locale, folder)));
      Deno.env.set("LOCPATH", folder);
      Deno.env.set("LIVE_LOCALES", JSON.stringify(["C", ...LOCALES.map(([name]) => name)]));
      const module = new URL("_tools_in_namespace.ts", import.meta.url);
      const readings = await runInNamespace(module) as LiveReading[];
      assertEquals(readings.length, 11 * (LOCALES.length + 1));
      for (const { command, locale, wrong, whole, read, unnamed, missed } of readings) {
        const what = `${command} in ${locale}`;
        assertEquals(wrong, [], what);
        assert(read >= 0.95 * whole && whole > 0, `${what}: ${read} of ${whole}, not ${missed}`);
        assertEquals(unnamed, 0, what);
      }
    } finally {
      ["LOCPATH", "LIVE_LOCALES"].forEach((name, index) => {
        const value = before[index];
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      });
      await Deno.remove(folder, { recursive: true });
    }
  },
});
