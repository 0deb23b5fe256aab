// All texts of the page in the reader's language, and numbers as it writes them.

let told = { tag: "en", dir: "ltr", words: {}, languages: {}, categories: {}, examples: [], pictures: [] };
let intl = "en";
const made = new Map();

/** Load a language's words; the page changes only once they are here. */
export async function speak(tag, get) {
  if (told.asked === tag) return;
  told = { ...(await get(`/storefront/words/${encodeURIComponent(tag)}.json`)), asked: tag };
  intl = new Intl.Locale(tag, { numberingSystem: "latn" }).toString(); // the digits that prices come in
  made.clear();
}

export const spoken = () => told;

/** The text of a key, its {names} filled in. */
export const say = (key, values = {}) => (told.words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** The text of a name that came over the wire; the name itself where there is none. */
export const named = (group, name) => told.words[`${group}_${name}`] ?? name;

/** Intl's formatters cost more to make than to use: each is made once a language. */
function format(kind, options) {
  const key = kind.name + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new kind(intl, options));
  return made.get(key);
}

export const number = (value, digits = 0) => format(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value);

export const exact = (value, digits) =>
  format(Intl.NumberFormat, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

export const minorDigits = (currency) =>
  format(Intl.NumberFormat, { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

export const money = (minor, currency) =>
  format(Intl.NumberFormat, { style: "currency", currency }).format(minor / 10 ** minorDigits(currency));

const unit = (name) => format(Intl.NumberFormat, { style: "unit", unit: name, unitDisplay: "long", maximumFractionDigits: 0 });

export const days = (from, to) => (from === to ? unit("day").format(from) : unit("day").formatRange(from, to));

export const age = (years) =>
  years < 1 ? unit("month").format(Math.max(1, Math.round(years * 12))) : unit("year").format(Math.floor(years));

export const country = (code) => format(Intl.DisplayNames, { type: "region" }).of(code);

export const language = (tag) => format(Intl.DisplayNames, { type: "language" }).of(tag);

export const inOrder = (one, other) => format(Intl.Collator, {}).compare(one, other);
