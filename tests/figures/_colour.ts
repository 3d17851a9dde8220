/** Colours as people see them: contrast, distance, and what colour-blind eyes make of a colour. */

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** Ways to see. */
export type Vision = keyof typeof VISIONS;

/**
 * What a colour becomes in linear RGB; the three dichromacies are severity 1.0 of Machado, Oliveira
 * and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
 */
const VISIONS = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.303900],
  ],
} satisfies Record<string, Matrix>;

/** Every way to see. */
export const ALL_VISIONS = Object.keys(VISIONS) as Vision[];

/** Linear RGB to XYZ under D65, and that white: IEC 61966-2-1 (sRGB). */
const TO_XYZ: Matrix = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.0721750],
  [0.0193339, 0.1191920, 0.9503041],
];
const WHITE: Triple = [0.95047, 1, 1.08883];

/** Returns the contrast of a colour with white, 1 to 21 (WCAG 2.2). */
export function contrastOnWhite(color: string): number {
  const [red, green, blue] = linear(color);
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

/** Returns a colour in CIE L*a*b*, as it is seen. */
export function lab(color: string, vision: Vision = "normal"): Triple {
  const [x, y, z] = times(TO_XYZ, map(times(VISIONS[vision], linear(color)), clamp));
  const [fx, fy, fz] = map(
    [x / WHITE[0], y / WHITE[1], z / WHITE[2]],
    (t) => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116,
  );
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/**
 * Returns how far two colours of CIE L*a*b* are apart: CIEDE2000, with the names of Sharma, Wu and
 * Dalal, "The CIEDE2000 Color-Difference Formula" (2005). From about 1 on two patches side by side
 * are told apart, from about 10 on two lines in a figure.
 */
export function distance([l1, a1, b1]: Triple, [l2, a2, b2]: Triple): number {
  const meanC = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(meanC ** 7 / (meanC ** 7 + 25 ** 7)));
  const [c1, h1] = polar(a1 * (1 + g), b1);
  const [c2, h2] = polar(a2 * (1 + g), b2);
  const isGrey = c1 * c2 === 0;
  const turn = h2 - h1;
  const deltaH = isGrey ? 0 : turn > 180 ? turn - 360 : turn < -180 ? turn + 360 : turn;
  const sumH = h1 + h2;
  const meanH = isGrey
    ? sumH
    : Math.abs(turn) <= 180
    ? sumH / 2
    : sumH < 360
    ? (sumH + 360) / 2
    : (sumH - 360) / 2;
  const meanL = (l1 + l2) / 2;
  const meanCp = (c1 + c2) / 2;
  const t = 1 - 0.17 * cos(meanH - 30) + 0.24 * cos(2 * meanH) + 0.32 * cos(3 * meanH + 6) -
    0.2 * cos(4 * meanH - 63);
  const rotation = -2 * Math.sqrt(meanCp ** 7 / (meanCp ** 7 + 25 ** 7)) *
    Math.sin(radians(60 * Math.exp(-(((meanH - 275) / 25) ** 2))));
  const dl = (l2 - l1) / (1 + 0.015 * (meanL - 50) ** 2 / Math.sqrt(20 + (meanL - 50) ** 2));
  const dc = (c2 - c1) / (1 + 0.045 * meanCp);
  const dh = 2 * Math.sqrt(c1 * c2) * Math.sin(radians(deltaH / 2)) / (1 + 0.015 * meanCp * t);
  return Math.sqrt(dl ** 2 + dc ** 2 + dh ** 2 + rotation * dc * dh);
}

/** #rrggbb as linear RGB, each 0 to 1. */
function linear(color: string): Triple {
  const channel = (start: number) => {
    const value = parseInt(color.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function times([top, middle, bottom]: Matrix, [x, y, z]: Triple): Triple {
  return map([top, middle, bottom], (row) => row[0] * x + row[1] * y + row[2] * z);
}

function map<T>([a, b, c]: readonly [T, T, T], change: (value: T) => number): Triple {
  return [change(a), change(b), change(c)];
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Length and angle in degrees, 0 to 360. */
function polar(a: number, b: number): [number, number] {
  const degrees = Math.atan2(b, a) * 180 / Math.PI;
  return [Math.hypot(a, b), degrees < 0 ? degrees + 360 : degrees];
}

function radians(degrees: number): number {
  return degrees * Math.PI / 180;
}

function cos(degrees: number): number {
  return Math.cos(radians(degrees));
}
