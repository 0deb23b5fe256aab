// Views of a response and the page's address. They send and change nothing.

import { HIDDEN, categoryName, el, picture, stars, tile } from "./dom.js";
import { age, country, currentTexts, days, exact, inOrder, language, minorDigits, money, nameOf, number, text } from "./i18n.js";

const AUTO = { dir: "auto" }; // a query or a title has the direction of its own script
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
  return `/?${next}`.replace(/\?$/, "");
}

export const isFilter = (name) => ["category", "brand", "min", "max", "stock"].includes(name) || name.startsWith("attr.");

export const noFilters = (params) => Object.fromEntries([...params.keys()].filter(isFilter).map((name) => [name, null]));

// Welcome

export function welcome(params) {
  const { examples, categories } = currentTexts();
  const tiles = Object.entries(categories).map(([slug, name]) => el("li", el("a.tile", { href: href(params, { q: name }) }, tile(slug), name)));
  return [
    el("section.welcome",
      el("h1", { tabindex: "-1" }, text("welcome")),
      el("p", text("welcome_text")),
      el("h2", text("try")),
      exampleList(params, examples),
    ),
    tiles.length > 0 && el("section", el("h2", text("categories")), el("ul.tiles", tiles)),
  ].filter(Boolean);
}

const exampleList = (params, examples) =>
  el("ul.chips",
    examples.map(([lang, query]) => el("li", el("a.chip", { href: href(params, { ...noFilters(params), q: query }), lang, dir: "auto" }, query))),
  );

// Results

/** `handlers`: sort, more, why, stock, price; `wide`: whether the filters are open. */
export function results(params, answer, handlers) {
  const title = el("h1", { tabindex: "-1", dir: "auto" }, params.get("q"));
  const head = el("div.head", el("div", title, el("p", found(answer))), sorter(params, handlers));
  const list = answer.results.length > 0 && el("ol.grid", { id: "results" }, answer.results.map((listing) => card(params, listing, "h2", handlers)));
  const more = answer.next_cursor && el("button.wide", { id: "more", type: "button", onclick: handlers.more }, text("more"));
  const end = !more && !answer.near.length && el("p.quiet", text("all_shown"));
  const body = list ? [advice(params, answer), list, more || end] : nothing(params, answer);
  return [el("div.shelf", filters(params, answer, handlers), el("section", head, active(params, answer.understood.constraints), missing(answer), repaired(params, answer.understood), body, near(params, answer, handlers)))];
}

/** A count, and a plus where there may be more. */
const count = ({ found, found_is_exact: exactly }) => number(found) + (exactly ? "" : "+");

export const found = (answer) => text("results", { n: count(answer) });

export const notice = (message) => el("p.notice", message);

const missing = (answer) => answer.degraded && notice(text("degraded"));

const repaired = (params, { text: searched, repairs }) => repairs.length > 0 && el("p.notice", { id: "repaired" },
  text("repaired", { query: searched }), " ",
  el("a.accent", { href: href(params, { typed: "1" }), dir: "auto" }, text("as_typed", { query: params.get("q") })));

/** Words that were not found or searched; links to the query without some. */
const advice = (params, { understood: { not_found: lacking, not_searched: skipped }, relaxations }) => [
  lacking.length > 0 && notice(text("not_found", { words: lacking.join(", ") })),
  skipped.length > 0 && notice(text("not_searched", { words: skipped.join(", ") })),
  relaxations.length > 0 && el("ul.chips", { id: "relaxed" }, relaxations.map((one) =>
    el("li", el("a.chip", { href: href(params, { q: one.query }), dir: "auto" }, text("without", { n: count(one), words: one.without }))))),
];

/** What is near and no answer, under a heading that says so. */
const near = (params, answer, handlers) => answer.near.length > 0 && [
  el("h2", { id: "near" }, text(answer.results.length ? "near_after" : "near")),
  el("ol.grid", answer.near.map((listing) => card(params, listing, "h3", handlers))),
];

function sorter(params, handlers) {
  const chosen = params.get("sort") ?? "best";
  const options = SORTS.map((sort) => el("option", { value: sort, selected: sort === chosen }, text(`sort_${sort}`)));
  return el("label.sort", el("span", text("sort")), el("select", { id: "sort", onchange: handlers.sort }, options));
}

/** Without an answer: fewer filters, other words; examples if nothing is near. */
function nothing(params, answer) {
  const filtered = [...params.keys()].some(isFilter);
  const { near } = answer;
  return el("div.nothing",
    el("p.big", AUTO, filtered && !near.length ? text("nothing_filters") : text("nothing", { query: params.get("q") })),
    filtered && el("p", el("a.accent", { href: href(params, noFilters(params)) }, text("remove_all"))),
    advice(params, answer),
    el("p", text("nothing_text")),
    !near.length && [el("h2", text("try")), exampleList(params, currentTexts().examples)],
  );
}

export function card(params, listing, heading, handlers) {
  const to = href(params, { listing: listing.listing_id });
  const title = el("a", { href: to, lang: listing.locale, dir: "auto", "data-listing": listing.listing_id }, listing.title);
  const why = listing.explanation && el("button.why", { type: "button", onclick: () => handlers.why(listing) }, text("why"));
  return el("li", el("article.card",
    picture(listing),
    el(`${heading}.title`, title),
    price(listing),
    el("p.days", delivery(listing)),
    el("div.seller", sellerLines(listing.seller)),
    why,
  ));
}

function price(listing) {
  const paid = listing.price;
  if (!paid) return el("p.price", text("no_price"));
  const part = paid.shipping_minor === undefined ? "landed_part" : "landed";
  return el("div.price",
    el("p", el("strong", AUTO, paid.landed_text), paid.on_sale && el("span.badge", text("sale")),
      listing.stock === 0 && el("span.badge.out", text("sold_out"))),
    el("p.quiet", text(part)),
  );
}

const delivery = ({ delivery: span }) =>
  span ? text("delivery", { days: days(span.days_min, span.days_max) }) : text("no_delivery");

const sellerLines = (seller) => [
  el("p", AUTO, el("bdi", seller.name)),
  el("p", stars(seller.rating_mean, seller.rating_count)),
  el("p.quiet", [
    seller.years_active !== undefined && el("span", text("years", { years: age(seller.years_active) })),
    seller.units_sold !== undefined && el("span", text("sold", { n: number(seller.units_sold) })),
  ]),
];

// Filters: of what is shown, so that none leads nowhere

function filters(params, answer, handlers) {
  const by = (name, title, value, label) => facet(params, name, title, answer.results.map(value), label);
  const facets = [
    by("category", text("category"), (listing) => listing.category.join(" > "), (path) => categoryName(path.split(" > "))),
    by("brand", text("brand"), (listing) => listing.brand),
    ...attributeNames(answer.results).map((name) => by(`attr.${name}`, nameOf("attribute", name), (listing) => listing.attributes[name])),
  ];
  return el("details.filters", { id: "filters", open: handlers.wide },
    el("summary", text("filters")),
    el("label.check", el("input", { id: "stock", type: "checkbox", checked: params.get("stock") !== "all", onchange: handlers.stock }), text("in_stock_only")),
    priceForm(params, answer.understood.currency, handlers),
    facets,
  );
}

function attributeNames(listings) {
  const counts = new Map();
  for (const { attributes } of listings) for (const name of Object.keys(attributes)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, FACETS_MAX).map(([name]) => name);
}

function facet(params, name, title, values, label = (value) => value) {
  const chosen = params.get(name);
  const counts = new Map();
  for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < 2 || chosen) return null; // the chosen one stands above the results
  const best = [...counts].sort((a, b) => b[1] - a[1] || inOrder(a[0], b[0])).slice(0, VALUES_MAX);
  const items = best.map(([value, count]) =>
    el("li", el("a", { href: href(params, { [name]: value }), dir: "auto" }, el("bdi", label(value)), el("span.quiet", ` ${number(count)}`))),
  );
  return el("section.facet", el("h2", title), el("ul", items));
}

function priceForm(params, currency, handlers) {
  const step = 1 / 10 ** minorDigits(currency);
  const field = (name, word) =>
    el("label", el("span", text(word)), el("input", { name, id: name, type: "number", min: "0", step, inputmode: "decimal", value: params.get(name) ?? "" }));
  return el("form.facet.range", { onsubmit: handlers.price },
    el("h2", `${text("price")} (${currency})`),
    field("min", "from"),
    field("max", "to"),
    el("button", text("apply")),
  );
}

/** What is filtered by, each with its way back; together, what words of the query say. */
function active(params, constraints) {
  const chips = [...params].filter(([name]) => isFilter(name) && name !== "stock").map(([name, value]) => [name, null, filterText(name, value)]);
  if (constraints.length) chips.push(["plain", 1, constraints.map((one) => one.text).join(" · ")]);
  return chips.length > 0 && el("ul.chips", { id: "active" }, chips.map(([name, value, label]) =>
    el("li", el("a.chip.on", { href: href(params, { [name]: value }), "aria-label": text("remove", { name: label }) }, el("bdi", label), " ✕"))));
}

function filterText(name, value) {
  if (name === "category") return categoryName(value.split(" > "));
  if (name === "min" || name === "max") return `${text(name === "min" ? "from" : "to")} ${number(Number(value), 2)}`;
  return value;
}

// A listing's own page

export function page(params, listing, similar, handlers) {
  const q = params.get("q");
  const back = el("a", { href: href(params, { listing: null }) }, q ? text("back") : text("home"));
  const paid = listing.price;
  const parts = paid && el("dl.facts", [
    fact(text("item"), money(paid.item_minor, paid.currency)),
    paid.shipping_minor !== undefined && fact(text("shipping"), paid.shipping_minor ? money(paid.shipping_minor, paid.currency) : text("free")),
    fact(text("tax"), money(paid.tax_minor, paid.currency)),
    fact(text("total"), paid.landed_text),
  ]);
  return [
    el("p.back", back),
    el("article.one",
      picture(listing),
      el("div",
        el("p.quiet", listing.category.length > 0 && el("bdi", categoryName(listing.category)), listing.adult && el("span.badge.out", "18+")),
        el("h1", { tabindex: "-1", lang: listing.locale, dir: "auto" }, listing.title),
        el("p", stars(listing.rating_mean, listing.rating_count), listing.units_sold !== undefined && el("span.quiet", text("sold", { n: number(listing.units_sold) }))),
        price(listing),
        parts,
        el("p.days", delivery(listing)),
        listing.stock > 0 && el("p.quiet", text("in_stock", { n: number(listing.stock) })),
        el("section.box", el("h2", text("seller")), el("div.seller", sellerLines(listing.seller), listing.seller.country && el("p.quiet", country(listing.seller.country)))),
      ),
      el("div.more",
        el("section", el("h2", text("details")), el("dl.facts", details(listing))),
        listing.description && el("section", el("h2", text("description")), el("p.text", { lang: listing.locale, dir: "auto" }, listing.description)),
      ),
    ),
    (similar.degraded || similar.results.length > 0) &&
      el("section", el("h2", text("similar")), missing(similar) ?? el("ol.grid", { id: "similar" }, similar.results.map((other) => card(params, other, "h3", handlers)))),
  ].filter(Boolean);
}

const fact = (name, value, lang) => el("div", el("dt", name), el("dd", { lang }, el("bdi", value)));

const details = (listing) => [
  listing.brand && fact(text("brand"), listing.brand),
  listing.model && fact(text("model"), listing.model),
  ...Object.entries(listing.attributes).map(([name, value]) => fact(nameOf("attribute", name), value, listing.locale)),
  listing.gtin && fact("GTIN", listing.gtin),
  fact(text("listing_language"), language(listing.locale)),
];

// Why this

/** Thousandths that sum to the rounded sum; largest remainders go up. */
export function thousandths(values) {
  const scaled = values.map((value) => value * 1000);
  const whole = scaled.map(Math.floor);
  let left = Math.round(scaled.reduce((sum, value) => sum + value, 0)) - whole.reduce((sum, value) => sum + value, 0);
  const order = scaled.map((_, index) => index).sort((a, b) => scaled[b] - whole[b] - (scaled[a] - whole[a]) || a - b);
  for (const index of order) if (left-- > 0) whole[index] += 1;
  return whole;
}

export function why(listing, close) {
  const terms = listing.explanation;
  const shown = thousandths(terms.map((term) => term.contribution));
  const parts = terms.map((term, index) => sized(`span.part.p${index % 6}`, term.contribution));
  const rows = terms.map((term, index) =>
    el("li", { "data-contribution": term.contribution },
      el(`span.swatch.p${index % 6}`, HIDDEN),
      el("span.name", nameOf("feature", term.feature)),
      el("span.number", exact(shown[index] / 1000, 3)),
      el("span.meter", HIDDEN, sized(`span.p${index % 6}`, term.utility)),
    ),
  );
  const total = shown.reduce((sum, value) => sum + value, 0);
  return [
    el("h2", { id: "why-title" }, text("why_title")),
    el("p", { lang: listing.locale, dir: "auto" }, listing.title),
    el("div.stack", HIDDEN, parts),
    el("ul.terms", rows),
    el("p.total", { "data-score": listing.score }, el("span", text("score")), el("strong", exact(total / 1000, 3))),
    el("button.accent", { type: "button", onclick: close }, text("close")),
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
  const message = error.status === 0 ? text("unreachable") : text("problem");
  return el("div.box", el("p", el("strong", message)), detail, el("button", { type: "button", onclick: retry }, text("retry")));
}
