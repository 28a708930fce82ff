// Khmer text in the one form in which it is compared: as core/khmer.py and the khmerspell package do it (shared test
// vectors). The server normalises again what it stores; here it serves the search and what is shown at once.

const RUN = /([\u1780-\u17ff\u19e0-\u19ff]+)/;
const KHMER = /[\u1780-\u17ff\u19e0-\u19ff]/;
const DEPRECATED = { "\u17a3": "\u17a2", "\u17a4": "\u17a2\u17b6", "\u17b4": "", "\u17b5": "" };

export const latinDigits = (text) => String(text).replace(/[\u17e0-\u17e9]/g, (digit) => digit.charCodeAt(0) - 0x17e0);
export const hasKhmer = (text) => KHMER.test(text);

/** Bring text to its one form; twice changes nothing. */
export function normalise(text) {
  let now = collapsed(String(text).replace(/[\u17a3\u17a4\u17b4\u17b5]/g, (letter) => DEPRECATED[letter]));
  for (let turn = 0; turn < 8; turn += 1) {
    const next = now.split(RUN).map((run) => (KHMER.test(run[0] ?? "") ? ordered(run) : run.normalize("NFC"))).join("");
    if (next === now) break;
    now = next;
  }
  return now;
}

/** The form that two texts share when a reader would call them the same. */
export function searchKey(text) {
  const plain = normalise(text).replace(/[\u17c9\u17ca]|\u17bb(?=[\u17b7-\u17ba])/g, "");
  return latinDigits(plain).toLowerCase().replaceAll(" ", "");
}

const collapsed = (text) => text
  .replace(/[\t\n\r\v\f\x85]|\p{Zs}|\p{Zl}|\p{Zp}/gu, " ").replace(/\p{Cc}|\p{Cf}|\p{Cs}/gu, "")
  .replace(/ +/g, " ").replace(/^ | $/g, "");

/** Cut text where the script changes: [["khmer", "ថ្នាំ "], ["latin", "ABC 12"]]; spaces stay with what precedes. */
export function runs(text) {
  const found = [];
  let waiting = "";
  for (const char of text) {
    if (/\s/.test(char) || (/\p{Cf}|\p{Mn}|\p{Me}/u.test(char) && !KHMER.test(char))) {
      if (found.length) found.at(-1)[1] += char;
      else waiting += char;
      continue;
    }
    const script = KHMER.test(char) ? "khmer" : "latin";
    if (found.at(-1)?.[0] === script) found.at(-1)[1] += char;
    else {
      found.push([script, waiting + char]);
      waiting = "";
    }
  }
  return waiting ? [["latin", waiting]] : found;
}

// -- the order of the signs in a syllable -------------------------------------------------------------------------

const [BASE, ROBAT, COENG, SHIFT, Z, VPRE, VB, VA, VPOST, MS, MF, FINAL] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const SPANS = [
  [0x1780, 0x17a2, BASE], [0x17a5, 0x17b3, BASE], [0x17b6, 0x17b6, VPOST], [0x17b7, 0x17ba, VA], [0x17bb, 0x17bd, VB],
  [0x17be, 0x17c5, VPRE], [0x17c6, 0x17c6, MS], [0x17c7, 0x17c8, MF], [0x17c9, 0x17ca, SHIFT], [0x17cb, 0x17cb, MS],
  [0x17cc, 0x17cc, ROBAT], [0x17cd, 0x17d1, MS], [0x17d2, 0x17d2, COENG], [0x17d3, 0x17d3, MS], [0x17dd, 0x17dd, MS],
  [0x200c, 0x200c, Z], [0x200d, 0x200d, FINAL],
];

function category(char) {
  const code = char.codePointAt(0);
  return SPANS.find(([first, last]) => first <= code && code <= last)?.[2] ?? 0;
}

// The package's two rules for a ុ that stands for a shifter never match (its flags are given as a count), so they are not
// here; the vectors would tell.
const RULES = [
  [/(\u200D?\u17D2)[\u17D2\u200C\u200D]+/g, "$1"],
  [/\u17BE\u17B6/g, "\u17C4\u17B8"],
  [/\u17C1([\u17BB-\u17BD]?)\u17B8/g, "\u17BE$1"],
  [/\u17C1([\u17BB-\u17BD]?)\u17B6/g, "\u17C4$1"],
  [/(\u17BE)(\u17BB)/g, "$2$1"],
  [/(\u17D2\u179A)(\u17D2[\u1780-\u17B3])/g, "$2$1"],
  [/(\u17D2)\u178A/g, "$1\u178F"],
];

function ordered(text) {
  const chars = [...text];
  const kinds = chars.map(category);
  for (let at = 1; at < chars.length; at += 1) {
    if ("\u200D\u17D2".includes(chars[at - 1]) && (kinds[at] === BASE || kinds[at] === COENG)) kinds[at] = kinds[at - 1];
  }
  let found = "";
  for (let at = 0; at < chars.length; ) {
    if (kinds[at] !== BASE) {
      found += chars[at];
      at += 1;
      continue;
    }
    let end = at + 1;
    while (end < chars.length && kinds[end] > BASE) end += 1;
    const places = Array.from({ length: end - at }, (_, n) => at + n).sort((a, b) => kinds[a] - kinds[b] || a - b);
    found += RULES.reduce((syllable, [what, by]) => syllable.replace(what, by), places.map((place) => chars[place]).join(""));
    at = end;
  }
  return found;
}
