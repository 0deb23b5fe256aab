// The page's texts, and numbers, as the reader's language writes them.

let texts = { words: {}, languages: {} };
let intl = "en";
const formatters = new Map();

/** Load a language's texts; the page changes only once they are here. */
export async function loadTexts(tag, get) {
  if (texts.requested === tag) return;
  texts = { ...(await get(`/storefront/words/${encodeURIComponent(tag)}.json`)), requested: tag };
  intl = new Intl.Locale(tag, { numberingSystem: "latn" }).toString(); // the digits that prices come in
  formatters.clear();
}

/** Names and drawings of categories that the start page lacks. */
export async function loadCategories(get) {
  const target = texts;
  const path = `/storefront/categories/${encodeURIComponent(target.requested)}.json`;
  Object.assign(target, { names: {}, drawings: {}, ...(target.names ? target : await get(path).catch(() => ({}))) });
}

export const currentTexts = () => texts;

/** The text of a key, its {names} filled in. */
export const text = (key, values = {}) => (texts.words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** The text of a name that the API sent; else the name itself. */
export const nameOf = (group, name) => texts.words[`${group}_${name}`] ?? name;

/** Intl's formatters are expensive: each is made once a language. */
function format(Formatter, options) {
  const key = Formatter.name + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Formatter(intl, options));
  return formatters.get(key);
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

export const inOrder = (a, b) => format(Intl.Collator, {}).compare(a, b);
