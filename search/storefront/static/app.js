// The page's address holds all of its state. This reads it, requests, and shows the view.

import * as ask from "./ask.js";
import { el } from "./draw.js";
import * as views from "./views.js";
import { country as countryName, inOrder, minorDigits, number, say, speak, spoken } from "./words.js";

const SIZE = 24;
const SIMILAR = 8;
const HELD_MAX = 12; // answers kept for the way back
const at = (id) => document.getElementById(id);
const held = new Map(); // address to answer
const wide = matchMedia("(min-width: 60rem)");
let markets = [];
let asking = new AbortController();
let shown = ""; // the address that is on the page

const params = () => new URLSearchParams(location.search);

// For whom: the address says it, else the browser

/** The address's language tag, as the service reads it; undefined without one. */
function askedLocale() {
  try {
    const { language, script, region } = new Intl.Locale(params().get("locale").replaceAll("_", "-"));
    return [language, script, region].filter(Boolean).join("-");
  } catch {
    return undefined;
  }
}

const locale = () => askedLocale() ?? offered(navigator.languages ?? []) ?? "en";

function offered(tags) {
  const known = Object.keys(spoken().languages);
  for (const tag of tags) {
    const { language, script, region } = new Intl.Locale(tag).maximize();
    const found = [tag, `${language}-${script}`, `${language}-${region}`, language].find((one) => known.includes(one));
    if (found) return found;
  }
  return undefined;
}

function country() {
  const asked = params().get("country")?.toUpperCase();
  if (asked) return asked;
  for (const tag of [askedLocale() ?? navigator.language, navigator.language]) {
    const { region } = new Intl.Locale(tag).maximize();
    if (markets.some((one) => one.country === region)) return region;
  }
  return markets[0]?.country;
}

const currencyOf = (code) => markets.find((one) => one.country === code)?.currency ?? "USD";

const buyer = () => ({ locale: locale(), country: country() });

function asked(cursor) {
  const given = params();
  const minor = (name) => {
    const value = Number(given.get(name));
    return given.get(name) && value >= 0 ? Math.round(value * 10 ** minorDigits(currencyOf(country()))) : undefined;
  };
  const attributes = Object.fromEntries([...given].filter(([name]) => name.startsWith("attr.")).map(([name, value]) => [name.slice(5), value]));
  return {
    ...buyer(),
    query: given.get("q"),
    sort: given.get("sort") ?? "best",
    size: SIZE,
    explain: true,
    cursor,
    filters: {
      category: given.get("category") ?? undefined,
      brand: given.get("brand") ?? undefined,
      attributes,
      price_min_minor: minor("min"),
      price_max_minor: minor("max"),
      in_stock: given.get("stock") !== "all",
    },
  };
}

// Going from one address to another

function go(to) {
  history.replaceState({ y: scrollY }, "");
  history.pushState({ y: 0 }, "", to);
  return show();
}

/** Show the page of the address. `again`: it was here before, and may come from what is held. */
async function show(again = false) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  document.body.setAttribute("aria-busy", "true");
  try {
    await ready(signal);
    const view = await choose(signal, again);
    if (!signal.aborted) place(view, again);
  } catch (error) {
    if (error.name !== "AbortError") complain(error);
  } finally {
    if (signal === asking.signal) document.body.removeAttribute("aria-busy");
  }
}

async function ready(signal) {
  const get = (path) => ask.getJson(path, signal);
  const tag = askedLocale() ?? (spoken().asked ? locale() : (navigator.languages?.[0] ?? "en"));
  const [, listed] = await Promise.all([speak(tag, get), markets.length ? { markets } : get("/v1/markets")]);
  markets = listed.markets;
  await speak(locale(), get);
  furnish();
}

async function choose(signal, again) {
  const given = params();
  const q = given.get("q")?.trim();
  const id = given.get("listing");
  if (!id && !q) return { title: "", main: views.welcome(given), said: "" };
  at("status").replaceChildren(say("searching"));
  const answer = (again && held.get(location.search)) || (await (id ? listing(id, signal) : ask.search(asked(), signal)));
  hold(answer);
  if (id) return { title: answer.listing.title, main: views.page(given, answer.listing, answer.similar, on), said: answer.listing.title };
  return { title: q, main: views.results(given, answer, on), said: summary(answer) };
}

async function listing(id, signal) {
  const [one, like] = await Promise.all([
    ask.listing(id, buyer(), signal),
    ask.similar(id, { ...buyer(), size: SIMILAR, explain: true }, signal).catch(without),
  ]);
  return { listing: one, similar: like };
}

/** A listing is shown without similar ones while they are unavailable. */
function without(error) {
  if (error.status !== 503) throw error;
  return { degraded: true };
}

function hold(answer) {
  held.delete(location.search);
  held.set(location.search, answer);
  if (held.size > HELD_MAX) held.delete(held.keys().next().value);
}

const summary = (answer) =>
  answer.results.length ? say("results", { n: number(answer.found) }) : say("nothing", { query: params().get("q") });

/** Swap the view. The focus stays: the same control, the listing they return from, or the heading. */
function place(view, again) {
  const main = at("main");
  const before = document.activeElement;
  const inside = main.contains(before);
  const left = new URLSearchParams(shown).get("listing");
  on.wide = at("filters")?.open ?? wide.matches;
  main.replaceChildren(...view.main);
  at("problem").replaceChildren();
  at("status").replaceChildren(view.said);
  document.title = view.title ? `${view.title} – Fondaco` : "Fondaco";
  if (again && history.state?.y) scrollTo(0, history.state.y);
  else if (shown !== location.search) scrollTo(0, 0);
  shown = location.search;
  if (!inside && before !== document.body) return;
  const home = main.querySelector("h1");
  const same = (before.id && main.querySelector(`#${CSS.escape(before.id)}`)) || (left && main.querySelector(`a[data-listing="${CSS.escape(left)}"]`));
  if (inside || left) (same || home)?.focus({ preventScroll: true });
}

function complain(error) {
  at("status").replaceChildren();
  at("main").replaceChildren();
  at("problem").replaceChildren(views.problem(error, () => show()));
  document.documentElement.dataset.ready = "";
  shown = location.search;
}

// What the reader may do within a view

const on = {
  wide: wide.matches,
  sort: (event) => go(views.href(params(), { sort: event.target.value === "best" ? null : event.target.value })),
  stock: (event) => go(views.href(params(), { stock: event.target.checked ? null : "all" })),
  price: (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const [min, max] = ["min", "max"].map((name) => given.get(name));
    const swap = min && max && Number(min) > Number(max);
    go(views.href(params(), { min: (swap ? max : min) || null, max: (swap ? min : max) || null }));
  },
  why: (one) => {
    const dialog = at("why");
    dialog.replaceChildren(...views.why(one, () => dialog.close()));
    dialog.showModal();
  },
  more: async (event) => {
    const { signal } = asking;
    const first = held.get(location.search);
    event.target.disabled = true;
    try {
      const next = await ask.search(asked(first.next_cursor), signal);
      const answer = { ...next, results: [...first.results, ...next.results] };
      hold(answer);
      at("main").replaceChildren(...views.results(params(), answer, { ...on, wide: at("filters").open }));
      at("results").children[first.results.length]?.querySelector("a").focus({ preventScroll: true });
    } catch (error) {
      if (error.status === 410) show(); // the list has expired: start again
      else if (error.status === 503) later(event.target);
      else if (error.name !== "AbortError") complain(error);
    }
  },
};

/** The list stays, and can be continued later. */
function later(button) {
  button.disabled = false;
  at("results").nextSibling === button && button.before(views.notice(say("problem")));
}

// The frame around the views

function furnish() {
  const { dir, tag, languages } = spoken();
  const root = document.documentElement;
  root.lang = locale();
  root.dir = dir;
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  at("q").placeholder = say("search_hint");
  at("q").setAttribute("aria-label", say("search_hint"));
  at("home").setAttribute("aria-label", `Fondaco: ${say("home")}`);
  at("home").href = views.href(new URLSearchParams([...params()].filter(([name]) => ["locale", "country"].includes(name))), {});
  at("dark").setAttribute("aria-label", say("dark"));
  at("dark").title = say("dark");
  at("dark").setAttribute("aria-pressed", String(isDark()));
  if (document.activeElement !== at("q")) at("q").value = params().get("q") ?? "";
  offer(at("locale"), Object.entries(languages), locale(), tag);
  offer(at("country"), markets.map((one) => [one.country, countryName(one.country)]).sort((a, b) => inOrder(a[1], b[1])), country());
  root.dataset.ready = "";
}

/** The switch's choices. A value that is not offered (another region's language) shows its nearest. */
function offer(select, choices, chosen, nearest) {
  const value = choices.some(([one]) => one === chosen) ? chosen : nearest;
  const options = choices.map(([one, name]) => el("option", { value: one, selected: one === value, lang: select.id === "locale" && one }, name));
  select.replaceChildren(...options);
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function remembered(theme) {
  try {
    if (theme) localStorage.setItem("theme", theme);
    return localStorage.getItem("theme");
  } catch {
    return null; // no storage: the choice lasts as long as the page
  }
}

function start() {
  const theme = remembered();
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  history.scrollRestoration = "manual";
  at("search").addEventListener("submit", (event) => {
    event.preventDefault();
    go(views.href(params(), { ...views.noFilters(params()), listing: null, q: at("q").value.trim() || null }));
  });
  at("locale").addEventListener("change", (event) => go(views.href(params(), { locale: event.target.value, country: country() })));
  at("country").addEventListener("change", (event) => go(views.href(params(), { country: event.target.value, locale: locale(), min: null, max: null })));
  at("dark").addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remembered(next);
    at("dark").setAttribute("aria-pressed", String(next === "dark"));
  });
  at("why").addEventListener("click", (event) => event.target === at("why") && at("why").close());
  document.addEventListener("click", follow);
  let waiting;
  addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => shown === location.search && history.replaceState({ y: scrollY }, ""), 200);
  });
  addEventListener("popstate", () => location.search !== shown && show(true));
  show();
}

/** Links to this page change the view; other clicks are the browser's. */
function follow(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.classList.contains("skip")) {
    event.preventDefault();
    at("main").focus();
  } else if (link.origin === location.origin && link.pathname === "/") {
    event.preventDefault();
    go(link.href);
  }
}

start();
