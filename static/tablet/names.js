// Names as people look for them: what the spellings of one name share. The same folds as core/names.py and the same
// scores as clinic/rules/namelike.py; both are held to tests/vectors/names.json.
import { normalise, runs } from "./khmer.js";

const HALF = 19;
const FOLDS = {
  chh: "c", ch: "c", j: "c", ph: "p", th: "t", kh: "k", nh: "n", v: "w",
  ou: "u", oo: "u", uo: "u", ea: "a", ia: "a", ae: "e",
  ei: "i", ey: "i", ee: "i", ie: "i", y: "i",
};
const FOLD = new RegExp(`ny(?=[aeiou])|${Object.keys(FOLDS).sort((a, b) => b.length - a.length).join("|")}`, "g");
// The r of Sokhorn or Samphors is how an inherent vowel is written; nobody says it, and half leave it out.
const UNSAID_R = /(?<=[aeiou][oue])r(?=(?:ng|[nmkts])?$)|(?<=o)r(?=(?:ng|[nmkts])?$)/g;
const CONSONANTS = /chh?|ph|th|kh|ng|nh|ny(?=[aeiou])|j|v/g;
const CONSONANT = { ch: "c", chh: "c", j: "c", ph: "p", th: "t", kh: "k", v: "w" };
const FIRST_VOWEL = /^(?:ou|oo|uo|ea|ie|ae|ay|ey|ei|ia)/;
const FIRST = { ou: "u", oo: "u", uo: "u", ea: "e", ie: "e", ae: "e", ay: "e", ey: "i", ei: "i", ia: "e" };
const NEAR_O = new Set(["o", "u", "ou", "oo", "uo", "oeu", "oe", "eo", "eu", "uu"]);
const NEAR_E = new Set(["e", "ea", "ie", "ia", "ae", "ee", "ei", "ey", "ai", "ay"]);
const VOICELESS = { d: "t", b: "p", g: "k", z: "s", f: "p", x: "s", q: "k" };
const KHMER_CONSONANTS = Object.fromEntries(
  [
    ["កខគឃ", "k"], ["ងញណន", "n"], ["ចឆជឈ", "c"], ["ដឋឌឍតថទធ", "t"], ["បផពភ", "p"], ["ម", "m"], ["យ", "y"], ["រ", "r"],
    ["ល", "l"], ["ឡ", "l"], ["វ", "w"], ["ឝឞស", "s"], ["ហ", "h"], ["អ", "a"], ["ឫ", "r"], ["ឬ", "r"], ["ឭ", "l"], ["ឮ", "l"],
    ["ឥឦឧឨឩឪឯឰឱឲឳ", "a"],
  ].flatMap(([letters, sound]) => [...letters].map((letter) => [letter, sound])),
);
const SYLLABLE = /([\u1780-\u17b3])((?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd])*)/g;
const SILENT = "\u17cd";
const VOWEL = /[\u17b6-\u17c5]/;

/** Remember what a fold gave: there are few names, and a search looks at all of them. */
const memories = [];
function remembered(fold) {
  const kept = new Map();
  memories.push(kept);
  return (text) => {
    if (!kept.has(text)) kept.set(text, fold(text));
    return kept.get(text);
  };
}

/** The lock forgets names, and the folds of names are names. */
export const forgetNames = () => memories.forEach((kept) => kept.clear());

/** Cut text into words with the script of each: [["latin", "sok"], …]; digits and punctuation are left out. */
export function words(text) {
  return runs(normalise(text)).flatMap(([script, run]) => {
    const found = script === "khmer" ? run.match(/[\u1780-\u17d3\u17dd]+/g) : plain(run).match(/[a-z]+/g);
    return (found ?? []).map((word) => [script, word]);
  });
}

const single = (text) => text.replace(/(.)\1+/g, "$1");

function plain(word) {
  if (/^[\x00-\x7f]*$/.test(word)) return word.toLowerCase();
  return word.toLowerCase().replaceAll("ß", "ss").normalize("NFKD").replaceAll("đ", "d").replace(/\p{M}/gu, "");
}

/** Fold a romanised word to what its spellings share: Chea = Jea, Sok = Sokh; still Sok ≠ Sak. */
export function latinKey(word) {
  const said = (plain(word).match(/[a-z]/g) ?? []).join("").replace(UNSAID_R, "");
  let folded = single(said.replace(FOLD, (match) => FOLDS[match] ?? "n"));
  if (folded.length > 1) folded = folded.replace(/h$/, "");
  return said.length >= 5 && /[ptk]$/.test(folded) ? folded.slice(0, -1) : folded;
}

/** Fold further, to what people also write for it: Heng = Heang, Kuoch = Koch. */
export function nearKey(word) {
  let said = single(plain(word).replace(UNSAID_R, "").replace(CONSONANTS, (match) => CONSONANT[match] ?? "n"));
  if (said.length > 1) said = said.replace(/h$/, "");
  return said.replace(/[aeiouy]+/g, (vowel) =>
    NEAR_O.has(vowel) ? "o" : NEAR_E.has(vowel) ? "e" : vowel === "i" || vowel === "y" ? "i" : vowel[0]);
}

/** Fold a Khmer word to what its spellings share. */
export function khmerKey(word) {
  const folded = normalise(word).replace(/[\u17c9\u17ca\u17cb\u17cd\u17cc\u17d0]/g, "").replace(/\u17bb(?=[\u17b7-\u17ba])/g, "");
  return (folded.replaceAll("ឌ", "ដ").replaceAll("្ដ", "្ត").match(/[\u1780-\u17d3\u17dd]/g) ?? []).join("");
}

/** The consonants of a word as both scripts have them: សុខ and Sok are "sk". */
export function crossingKey(word) {
  const found = words(word).map(([script, piece]) => (script === "khmer" ? khmerBones(piece) : latinBones(piece)));
  return single(found.join("")).slice(0, HALF);
}

/** Fold a place's Latin name to what its spellings share: Sre Ambel = Srae Ambel. */
export const placeKey = (text) =>
  words(text).filter(([script]) => script === "latin").map(([, word]) => consonants(word).slice(0, HALF)).join("");

function consonants(word) {
  let said = single(word.replace(UNSAID_R, "").replace(CONSONANTS, (match) => CONSONANT[match] ?? "n"));
  said = said.replace(FIRST_VOWEL, (vowel) => FIRST[vowel]);
  if (said.length > 1) said = said.replace(/h$/, "");
  return said.slice(0, 1) + said.slice(1).replace(/[aeiouy]/g, "");
}

function latinBones(word) {
  const said = word.replace(UNSAID_R, "").replace(/(?<=[aeiouy])[rwv]$/, "");
  return consonants(said).replace(/[dbgzfxq]/g, (letter) => VOICELESS[letter]).replace(/^[aeiou]/, "a");
}

function khmerBones(text) {
  const syllables = [...normalise(text).matchAll(SYLLABLE)];
  return syllables.map(([, base, rest], at) => syllable(base, rest, at === 0, at === syllables.length - 1)).join("");
}

function syllable(base, rest, first, last) {
  if (rest.includes(SILENT)) return "";
  let letters = [base, ...[...rest.matchAll(/\u17d2(.)/g)].map((sub) => sub[1])].map((letter) => KHMER_CONSONANTS[letter]);
  const openEnded = VOWEL.test(rest) || rest.includes("\u17c8") || first;
  if (letters.length > 1 && base === "ហ") letters = [letters[1] === "w" ? "p" : letters[1], ...letters.slice(2)];
  else if (last && !openEnded) letters = "រវ".includes(base) ? [] : letters.slice(0, 1);
  const said = (letter) => letter !== "y" && letter !== "a";
  letters = first ? [...letters.slice(0, 1), ...letters.slice(1).filter(said)] : letters.filter(said);
  return single(letters.join("")) + (rest.includes("\u17c6") ? "m" : "") + (last && rest.includes("\u17c8") ? "k" : "");
}

// -- how well a name answers what was typed, 0 to 100 ------------------------------------------------------------------

export const [EXACT, SAME_SOUND, NEAR_SOUND, BEGINS, NEARLY] = [100, 97, 90, 80, 0.85];
const [AS_SPELT, LEAST, SLIP, OTHER_SCRIPT] = [1.5, 60, 66, 0.76];
const LATIN_VOWELS = /[aeiouy]/g;
const KHMER_VOWELS = /[\u17b6-\u17d3]/g;
const [wordsOf, foldLatin, foldKhmer, crossing, near] = [words, latinKey, khmerKey, crossingKey, nearKey].map(remembered);

/** Say how well a person's names answer what was typed; every typed word must be answered, in any order. */
export function nameScore(typed, ...names) {
  const asked = wordsOf(typed);
  const there = names.flatMap((name) => wordsOf(name));
  const scores = ["latin", "khmer"].map((script) => {
    const mine = asked.filter(([kind]) => kind === script).map(([, word]) => word);
    return mine.length ? scriptScore(mine, there.filter(([kind]) => kind === script).map(([, word]) => word), script) : null;
  }).filter((score) => score !== null);
  const direct = scores.length && Math.min(...scores) > 0
    ? scores.reduce((sum, score) => sum + score, 0) / scores.length : Math.max(0, ...scores) * 0.7;
  const oneScript = new Set(there.map(([kind]) => kind)).size === 1;
  return scores.length && oneScript ? Math.max(direct, crossingScore(asked, there) * OTHER_SCRIPT) : direct;
}

function scriptScore(asked, there, script) {
  if (!there.length) return 0;
  const fold = script === "khmer" ? foldKhmer : foldLatin;
  const alone = asked.length === 1;
  const apart = answered(asked, there, (typed, name) => wordScore(typed, name, script, alone));
  if (apart >= SAME_SOUND || (alone && there.length === 1)) return apart;
  return Math.max(apart, togetherScore(asked.map(fold).join(""), there.map(fold), alone));
}

/** Give each typed word the known word that answers it best, each once; 0 when one stays without. */
function answered(asked, there, score) {
  if (asked.length === 1) {
    const best = Math.max(...there.map((name) => score(asked[0], name)));
    return best >= LEAST ? best : 0;
  }
  const left = [...there];
  const found = [];
  for (const word of asked) {
    let [best, at] = [0, 0];
    left.forEach((name, place) => {
      const now = score(word, name);
      if (now > best) [best, at] = [now, place];
    });
    if (best >= LEAST) {
      left.splice(at, 1);
      found.push(best);
    }
  }
  const sum = found.reduce((all, one) => all + one, 0);
  if (found.length === asked.length) return sum / found.length;
  return found.length && !left.length ? Math.min(70, sum / asked.length) : 0;
}

function wordScore(typed, name, script, alone) {
  if (typed === name) return EXACT;
  const fold = script === "khmer" ? foldKhmer : foldLatin;
  const [mine, other] = [fold(typed), fold(name)];
  if (mine === other) return SAME_SOUND;
  const sounding = mine && other.startsWith(mine) ? mine.length / other.length : 0;
  if (name.startsWith(typed)) return BEGINS + 15 * Math.max(sounding, typed.length / name.length) + AS_SPELT;
  if (sounding) return BEGINS + 15 * sounding;
  if (script === "latin" && near(typed) === near(name)) return NEAR_SOUND;
  if (Math.min(mine.length, other.length) >= 4 || Math.min(typed.length, name.length) >= 4) {
    return Math.max(ratio(mine, other, 75), ratio(typed, name, 75)) * NEARLY;
  }
  return alone ? 0 : slipScore(typed, name, script === "khmer" ? KHMER_VOWELS : LATIN_VOWELS);
}

/** Let one consonant of a short word be wrong, or two letters swapped; another vowel is another name. */
function slipScore(typed, name, vowels) {
  if (Math.min(typed.length, name.length) < 2 || !oneSlip(typed, name)) return 0;
  const swapped = [...typed].sort().join("") === [...name].sort().join("");
  return typed.replace(vowels, "") !== name.replace(vowels, "") || swapped ? SLIP : 0;
}

/** Compare names run together: Khmer is often written without the space, and Srey Mom as Sreymom. */
function togetherScore(typed, there, alone) {
  let best = 0;
  if (typed.length <= 3) return best;
  for (const order of permutations(there.slice(0, 3))) {
    const name = order.join("");
    if (typed === name) return SAME_SOUND;
    if (name.startsWith(typed)) best = Math.max(best, BEGINS + (15 * typed.length) / name.length);
    else if (alone && typed.length > 5) best = Math.max(best, ratio(typed, name, 85) * NEARLY);
  }
  return best;
}

function crossingScore(asked, there) {
  const mine = asked.map(([, word]) => crossing(word)).filter(Boolean);
  const others = there.filter(([kind]) => kind !== asked[0][0]).map(([, word]) => crossing(word)).filter(Boolean);
  if (!mine.length || !others.length || new Set(asked.map(([kind]) => kind)).size > 1) return 0;
  const apart = answered(mine, others, bonesScore);
  if (apart || mine.length === others.length) return apart;
  return permutations(others.slice(0, 3)).some((order) => order.join("") === mine.join("")) ? SAME_SOUND : 0;
}

function bonesScore(typed, name) {
  if (typed === name) return EXACT;
  if (name.startsWith(typed)) return BEGINS + (10 * typed.length) / name.length;
  return Math.min(typed.length, name.length) >= 3 ? ratio(typed, name, 80) * NEARLY : 0;
}

function permutations(list) {
  if (list.length < 2) return [list];
  return list.flatMap((one, at) => permutations([...list.slice(0, at), ...list.slice(at + 1)]).map((rest) => [one, ...rest]));
}

/** Likeness of two texts in percent by what must be taken out and put in (Indel), 0 below `least`. */
export function ratio(a, b, least = 0) {
  const whole = a.length + b.length;
  if (!whole) return 100;
  // A length apart costs at least that much: most names end here.
  if ((200 * Math.min(a.length, b.length)) / whole < least) return 0;
  const row = new Uint16Array(b.length + 1);
  for (let i = 0; i < a.length; i += 1) {
    let corner = 0;
    for (let j = 0; j < b.length; j += 1) {
      const above = row[j + 1];
      row[j + 1] = a[i] === b[j] ? corner + 1 : Math.max(above, row[j]);
      corner = above;
    }
  }
  const score = (200 * row[b.length]) / whole;
  return score >= least ? score : 0;
}

/** Whether two words are one slip apart: a letter more, less, another, or two neighbours swapped. */
export function oneSlip(a, b) {
  if (Math.abs(a.length - b.length) > 1) return false;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  if (restA === restB || restA.slice(1) === restB || restA === restB.slice(1) || restA.slice(1) === restB.slice(1)) return true;
  return restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2);
}
