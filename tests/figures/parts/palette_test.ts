import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Meaning, PALETTE, TCP_STATES } from "fourtuple";
import { meaning } from "../../../lib/figures/parts/palette.ts";
import { ALL_VISIONS, contrastOnWhite, distance, lab } from "../_colour.ts";

const MEANINGS = Object.keys(PALETTE) as Meaning[];

/** The meanings that one figure can show; those of a figure must be told apart. */
const FIGURES: Readonly<Record<string, readonly Meaning[]>> = {
  "plotConversation() and plotLifeCycle()": ["client", "server", "udp", "refused", ...TCP_STATES],
  "plotPortMap()": ["well-known", "registered", "dynamic", "client", "server", "held"],
  "plotPortOrder()": ["client", "server", "udp"],
  "plotAllocation()": ["held", "free", "refused", "client"],
};

/** CIEDE2000; what two lines of a figure need so that nobody has to look twice. */
const LEAST_DISTANCE = 11;
/** The same where dash and symbol differ as well. */
const LEAST_WITH_SHAPE = 10;
/** WCAG 2.2, 1.4.11: parts of a picture that carry meaning. */
const LEAST_CONTRAST = 3;

Deno.test("PALETTE has a style for each meaning, in plotly's spelling", () => {
  for (const meaning of MEANINGS) {
    const { color, dash, symbol } = PALETTE[meaning];
    assert(/^#[0-9a-f]{6}$/.test(color), `${meaning}: ${color}`);
    assert(["solid", "dot", "dash", "longdash", "dashdot", "longdashdot"].includes(dash));
    assert(/^[a-z]+(-[a-z]+)*$/.test(symbol), `${meaning}: ${symbol}`);
  }
  assert(TCP_STATES.every((state) => MEANINGS.includes(state)));
});

Deno.test("PALETTE has a contrast of 3:1 on white", () => {
  for (const meaning of MEANINGS) {
    const contrast = contrastOnWhite(PALETTE[meaning].color);
    assert(contrast >= LEAST_CONTRAST, `${meaning}: ${contrast.toFixed(2)}`);
  }
});

for (const [figure, meanings] of Object.entries(FIGURES)) {
  for (const vision of ALL_VISIONS) {
    Deno.test(`PALETTE keeps the meanings of ${figure} apart with ${vision} vision`, () => {
      for (const [one, other] of pairs(meanings)) {
        const [a, b] = [PALETTE[one], PALETTE[other]];
        const apart = distance(lab(a.color, vision), lab(b.color, vision));
        const hasShape = a.dash !== b.dash && a.symbol !== b.symbol;
        const least = hasShape ? LEAST_WITH_SHAPE : LEAST_DISTANCE;
        assert(apart >= least, `${one} and ${other}: ${apart.toFixed(1)}`);
      }
    });
  }
}

Deno.test("PALETTE has a colour of its own for each meaning; CLOSE is free", () => {
  const shared = pairs(MEANINGS)
    .filter(([one, other]) => PALETTE[one].color === PALETTE[other].color)
    .map((pair) => pair.join(" "));
  assertEquals(shared, ["free CLOSE"]);
});

Deno.test("PALETTE has a symbol of its own for each state", () => {
  assertEquals(new Set(TCP_STATES.map((state) => PALETTE[state].symbol)).size, TCP_STATES.length);
});

Deno.test("a meaning is one of the palette", () => {
  assert(MEANINGS.every((each) => meaning.allows(each)));
  assertEquals(["sun", "toString", 7].filter((bad) => meaning.allows(bad)), []);
});

/** Pairs and distances of Sharma, Wu and Dalal (2005), table 1: the formula's hard cases. */
const SHARMA = [
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1.0000],
  [[50, 0, 0], [50, -1, 2], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[50, 2.5, 0], [56, -27, -3], 31.9030],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[22.7233, 20.0904, -46.6940], [23.0331, 14.9730, -42.5619], 2.0373],
  [[90.8027, -2.0831, 1.4410], [91.1528, -1.6435, 0.0447], 1.4441],
  [[2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082],
] as const;

Deno.test("distance() is CIEDE2000 as its authors published it", () => {
  for (const [one, other, expected] of SHARMA) {
    assertAlmostEquals(distance(one, other), expected, 5e-5);
    assertAlmostEquals(distance(other, one), expected, 5e-5);
  }
});

Deno.test("lab() makes red and green alike for a deuteranope, and not for others", () => {
  const apart = (vision: typeof ALL_VISIONS[number]) =>
    distance(lab("#a06030", vision), lab("#707030", vision));
  assert(apart("deuteranopia") < 6, `${apart("deuteranopia")}`);
  assert(apart("normal") > 20, `${apart("normal")}`);
});

Deno.test("contrastOnWhite() goes from 1 to 21", () => {
  assertAlmostEquals(contrastOnWhite("#ffffff"), 1, 1e-9);
  assertAlmostEquals(contrastOnWhite("#000000"), 21, 1e-9);
  assertAlmostEquals(contrastOnWhite("#767676"), 4.54, 5e-3);
});

function pairs<T>(list: readonly T[]): [T, T][] {
  return list.flatMap((one, index) => list.slice(index + 1).map((other): [T, T] => [one, other]));
}
