// Views, made from a response and the page address. They send no request and change no state.

import { categoryName, el, picture, stars, tile } from "./draw.js";
import { age, country, days, exact, inOrder, language, minorDigits, money, named, number, say, spoken } from "./words.js";

const SORTS = ["best", "price", "delivery", "rating", "newest"];
const VALUES_MAX = 8; // of a facet: more is a list nobody reads
const FACETS_MAX = 6;

/** The page's address with parameters changed; null removes one. */
export function href(params, changes) {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  const asked = next.toString();
  return asked ? `/?${asked}` : "/";
}

export const isFilter = (name) => ["category", "brand", "min", "max", "stock"].includes(name) || name.startsWith("attr.");

export const noFilters = (params) => Object.fromEntries([...params.keys()].filter(isFilter).map((name) => [name, null]));

// Welcome

export function welcome(params) {
  const { examples, categories, pictures } = spoken();
  const shown = Object.entries(categories).filter(([slug]) => pictures.includes(slug));
  const tiles = shown.map(([slug, name]) => el("li", {}, el("a.tile", { href: href(params, { q: name }) }, tile(slug), name)));
  return [
    el(
      "section.welcome",
      {},
      el("h1", { tabindex: "-1" }, say("welcome")),
      el("p", {}, say("welcome_text")),
      el("h2", {}, say("try")),
      exampleList(params, examples),
    ),
    tiles.length > 0 && el("section", {}, el("h2", {}, say("categories")), el("ul.tiles", {}, tiles)),
  ].filter(Boolean);
}

const exampleList = (params, examples) =>
  el(
    "ul.chips",
    {},
    examples.map(([lang, text]) => el("li", {}, el("a.chip", { href: href(params, { q: text }), lang, dir: "auto" }, text))),
  );

// Results

/** `on` holds the handlers: sort, more, why, stock, price. */
export function results(params, answer, on) {
  const title = el("h1", { tabindex: "-1", dir: "auto" }, params.get("q"));
  const head = el("div.head", {}, el("div", {}, title, el("p", {}, say("results", { n: number(answer.found) }))), sorter(params, on));
  const list = el("ol.grid", { id: "results" }, answer.results.map((one) => card(params, one, "h2", on)));
  const more = answer.next_cursor
    ? el("button.wide", { id: "more", type: "button", onclick: on.more }, say("more"))
    : el("p.quiet", {}, say("all_shown"));
  const found = answer.results.length > 0;
  return [
    el("div.shelf", {}, filters(params, answer, on), el("section", {}, head, active(params), missing(answer), found ? [list, more] : nothing(params))),
  ];
}

export const notice = (text) => el("p.notice", {}, text);

const missing = (answer) => answer.degraded && notice(say("degraded"));

function sorter(params, on) {
  const chosen = params.get("sort") ?? "best";
  const options = SORTS.map((sort) => el("option", { value: sort, selected: sort === chosen }, say(`sort_${sort}`)));
  return el("label.sort", {}, el("span", {}, say("sort")), el("select", { id: "sort", onchange: on.sort }, options));
}

/** An empty page offers fewer filters, other words. */
function nothing(params) {
  const filtered = [...params.keys()].some(isFilter);
  return el(
    "div.nothing",
    {},
    el("p.big", { dir: "auto" }, filtered ? say("nothing_filters") : say("nothing", { query: params.get("q") })),
    filtered && el("p", {}, el("a.accent", { href: href(params, noFilters(params)) }, say("remove_all"))),
    el("p", {}, say("nothing_text")),
    el("h2", {}, say("try")),
    exampleList(new URLSearchParams([...params].filter(([name]) => !isFilter(name))), spoken().examples),
  );
}

export function card(params, listing, heading, on) {
  const to = href(params, { listing: listing.listing_id });
  const title = el("a", { href: to, lang: listing.locale, dir: "auto", "data-listing": listing.listing_id }, listing.title);
  const why = listing.explanation && el("button.why", { type: "button", onclick: () => on.why(listing) }, say("why"));
  return el(
    "li",
    {},
    el(
      "article.card",
      {},
      picture(listing),
      el(`${heading}.title`, {}, title),
      price(listing),
      el("p.days", {}, delivery(listing)),
      el("div.seller", {}, sellerLines(listing.seller)),
      why,
    ),
  );
}

function price(listing) {
  const paid = listing.price;
  if (!paid) return el("p.price", {}, say("no_price"));
  const part = paid.shipping_minor === undefined ? "landed_part" : "landed";
  return el(
    "div.price",
    {},
    el("p", {}, el("strong", { dir: "auto" }, paid.landed_text), paid.on_sale && el("span.badge", {}, say("sale")),
      listing.stock === 0 && el("span.badge.out", {}, say("sold_out"))),
    el("p.quiet", {}, say(part)),
  );
}

const delivery = ({ delivery: one }) =>
  one ? say("delivery", { days: days(one.days_min, one.days_max) }) : say("no_delivery");

const sellerLines = (seller) => [
  el("p", { dir: "auto" }, el("bdi", {}, seller.name)),
  el("p", {}, stars(seller.rating_mean, seller.rating_count)),
  el("p.quiet", {}, [
    seller.years_active !== undefined && el("span", {}, say("years", { years: age(seller.years_active) })),
    seller.units_sold !== undefined && el("span", {}, say("sold", { n: number(seller.units_sold) })),
  ]),
];

// Filters: made from what is shown, so that none of them leads nowhere

function filters(params, answer, on) {
  const facets = [
    facet(params, "category", say("category"), answer.results.map((one) => one.category.join(" > ")), (path) => categoryName(path.split(" > "))),
    facet(params, "brand", say("brand"), answer.results.map((one) => one.brand)),
    ...attributeNames(answer.results).map((name) =>
      facet(params, `attr.${name}`, named("attribute", name), answer.results.map((one) => one.attributes[name])),
    ),
  ];
  return el(
    "details.filters",
    { id: "filters", open: on.wide },
    el("summary", {}, say("filters")),
    el("label.check", {}, el("input", { id: "stock", type: "checkbox", checked: params.get("stock") !== "all", onchange: on.stock }), say("in_stock_only")),
    priceForm(params, answer.understood.currency, on),
    facets,
  );
}

function attributeNames(found) {
  const counts = new Map();
  for (const one of found) for (const name of Object.keys(one.attributes)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, FACETS_MAX).map(([name]) => name);
}

function facet(params, name, title, values, label = (value) => value) {
  const chosen = params.get(name);
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < 2 || chosen) return null; // the chosen one stands above the results
  const best = [...counts].sort((a, b) => b[1] - a[1] || inOrder(a[0], b[0])).slice(0, VALUES_MAX);
  const items = best.map(([value, count]) =>
    el("li", {}, el("a", { href: href(params, { [name]: value }), dir: "auto" }, el("bdi", {}, label(value)), el("span.quiet", {}, ` ${number(count)}`))),
  );
  return el("section.facet", {}, el("h2", {}, title), el("ul", {}, items));
}

function priceForm(params, currency, on) {
  const step = 1 / 10 ** minorDigits(currency);
  const field = (name, word) =>
    el("label", {}, el("span", {}, say(word)), el("input", { name, id: name, type: "number", min: "0", step, inputmode: "decimal", value: params.get(name) ?? "" }));
  return el(
    "form.facet.range",
    { onsubmit: on.price },
    el("h2", {}, `${say("price")} (${currency})`),
    field("min", "from"),
    field("max", "to"),
    el("button", {}, say("apply")),
  );
}

/** What is filtered by, each with its way back. */
function active(params) {
  const chips = [...params].filter(([name]) => isFilter(name) && name !== "stock").map(([name, value]) => {
    const text = filterText(name, value);
    return el("li", {}, el("a.chip.on", { href: href(params, { [name]: null }), "aria-label": say("remove", { name: text }) }, el("bdi", {}, text), " ✕"));
  });
  return chips.length > 0 && el("ul.chips", { id: "active" }, chips);
}

function filterText(name, value) {
  if (name === "category") return categoryName(value.split(" > "));
  if (name === "min" || name === "max") return `${say(name === "min" ? "from" : "to")} ${number(Number(value), 2)}`;
  return value;
}

// A listing's own page

export function page(params, listing, similar, on) {
  const q = params.get("q");
  const back = el("a", { href: href(params, { listing: null }) }, q ? say("back") : say("home"));
  const paid = listing.price;
  const parts = paid && el("dl.facts", {}, [
    fact(say("item"), money(paid.item_minor, paid.currency)),
    paid.shipping_minor !== undefined && fact(say("shipping"), paid.shipping_minor ? money(paid.shipping_minor, paid.currency) : say("free")),
    fact(say("tax"), money(paid.tax_minor, paid.currency)),
    fact(say("total"), paid.landed_text),
  ]);
  return [
    el("p.back", {}, back),
    el(
      "article.one",
      {},
      picture(listing),
      el(
        "div",
        {},
        el("p.quiet", {}, listing.category.length > 0 && el("bdi", {}, categoryName(listing.category)), listing.adult && el("span.badge.out", {}, "18+")),
        el("h1", { tabindex: "-1", lang: listing.locale, dir: "auto" }, listing.title),
        el("p", {}, stars(listing.rating_mean, listing.rating_count), listing.units_sold !== undefined && el("span.quiet", {}, say("sold", { n: number(listing.units_sold) }))),
        price(listing),
        parts,
        el("p.days", {}, delivery(listing)),
        listing.stock > 0 && el("p.quiet", {}, say("in_stock", { n: number(listing.stock) })),
        el("section.box", {}, el("h2", {}, say("seller")), el("div.seller", {}, sellerLines(listing.seller), listing.seller.country && el("p.quiet", {}, country(listing.seller.country)))),
      ),
      el(
        "div.more",
        {},
        el("section", {}, el("h2", {}, say("details")), el("dl.facts", {}, details(listing))),
        listing.description && el("section", {}, el("h2", {}, say("description")), el("p.text", { lang: listing.locale, dir: "auto" }, listing.description)),
      ),
    ),
    (similar.degraded || similar.results.length > 0) &&
      el("section", {}, el("h2", {}, say("similar")), missing(similar) ?? el("ol.grid", { id: "similar" }, similar.results.map((one) => card(params, one, "h3", on)))),
  ].filter(Boolean);
}

const fact = (name, value, lang) => el("div", {}, el("dt", {}, name), el("dd", { lang }, el("bdi", {}, value)));

const details = (listing) => [
  listing.brand && fact(say("brand"), listing.brand),
  listing.model && fact(say("model"), listing.model),
  ...Object.entries(listing.attributes).map(([name, value]) => fact(named("attribute", name), value, listing.locale)),
  listing.gtin && fact("GTIN", listing.gtin),
  fact(say("listing_language"), language(listing.locale)),
];

// Why this

/** Thousandths that sum to the rounded sum; the largest remainders are rounded up. */
export function thousandths(values) {
  const scaled = values.map((value) => value * 1000);
  const whole = scaled.map(Math.floor);
  let left = Math.round(scaled.reduce((sum, one) => sum + one, 0)) - whole.reduce((sum, one) => sum + one, 0);
  const order = scaled.map((_, at) => at).sort((a, b) => scaled[b] - whole[b] - (scaled[a] - whole[a]) || a - b);
  for (const at of order) if (left-- > 0) whole[at] += 1;
  return whole;
}

export function why(listing, close) {
  const terms = listing.explanation;
  const shown = thousandths(terms.map((term) => term.contribution));
  const parts = terms.map((term, at) => sized(`span.part.p${at % 6}`, term.contribution));
  const rows = terms.map((term, at) =>
    el(
      "li",
      { "data-contribution": term.contribution },
      el(`span.swatch.p${at % 6}`, { "aria-hidden": "true" }),
      el("span.name", {}, named("feature", term.feature)),
      el("span.number", {}, exact(shown[at] / 1000, 3)),
      el("span.meter", { "aria-hidden": "true" }, sized(`span.p${at % 6}`, term.utility)),
    ),
  );
  const total = shown.reduce((sum, one) => sum + one, 0);
  return [
    el("h2", { id: "why-title" }, say("why_title")),
    el("p", { lang: listing.locale, dir: "auto" }, listing.title),
    el("div.stack", { "aria-hidden": "true" }, parts),
    el("ul.terms", {}, rows),
    el("p.total", { "data-score": listing.score }, el("span", {}, say("score")), el("strong", {}, exact(total / 1000, 3))),
    el("button.accent", { type: "button", onclick: close }, say("close")),
  ];
}

function sized(name, share) {
  const bar = el(name);
  bar.style.setProperty("inline-size", `${share * 100}%`);
  return bar;
}

// Problems

export function problem(error, retry) {
  const detail = error.message && el("p", { lang: "en", dir: "auto" }, error.message);
  const said = error.status === 0 ? say("unreachable") : say("problem");
  return el("div.box", {}, el("p", {}, el("strong", {}, said)), detail, el("button", { type: "button", onclick: retry }, say("retry")));
}
