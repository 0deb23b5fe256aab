// The page's address holds its state. This reads it, requests, and shows the view.

import * as api from "./api.js";
import { el } from "./dom.js";
import * as views from "./views.js";
import { country as countryName, currentTexts, inOrder, loadCategories, loadTexts, minorDigits, number, text } from "./i18n.js";

const SIZE = 24;
const SIMILAR = 8;
const RESPONSES_KEPT = 12; // for the way back
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const responses = new Map(); // by address
const wide = matchMedia("(min-width: 60rem)");
let markets = [];
let controller = new AbortController();
let shown = ""; // the address that is on the page

const params = () => new URLSearchParams(location.search);

// For whom: the address says it, else the browser

/** The address's language tag, as the service reads it; else undefined. */
function requestedLocale() {
  try {
    const { language, script, region } = new Intl.Locale(params().get("locale").replaceAll("_", "-"));
    return [language, script, region].filter(Boolean).join("-");
  } catch {
    return undefined;
  }
}

const locale = () => requestedLocale() ?? nearestLocale(navigator.languages ?? []) ?? "en";

function nearestLocale(tags) {
  const { languages } = currentTexts();
  for (const tag of tags) {
    const { language, script, region } = new Intl.Locale(tag).maximize();
    const nearest = [tag, `${language}-${script}`, `${language}-${region}`, language].find((name) => name in languages);
    if (nearest) return nearest;
  }
  return undefined;
}

function country() {
  const code = params().get("country")?.toUpperCase();
  if (code) return code;
  for (const tag of [requestedLocale() ?? navigator.language, navigator.language]) {
    const { region } = new Intl.Locale(tag).maximize();
    if (markets.some((market) => market.country === region)) return region;
  }
  return markets[0]?.country;
}

const currencyOf = (code) => markets.find((market) => market.country === code)?.currency ?? "USD";

const buyer = () => ({ locale: locale(), country: country() });

function searchRequest(cursor) {
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
    repair: given.get("typed") !== "1",
    constraints: !given.has("plain"),
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

const change = (changes) => go(views.href(params(), changes));

/** Show the page of the address. `again`: it was shown before, and may come from `responses`. */
async function show(again = false) {
  controller.abort();
  controller = new AbortController();
  const { signal } = controller;
  document.body.setAttribute("aria-busy", "true");
  try {
    await loadFrame(signal);
    const view = await loadView(signal, again);
    if (!signal.aborted) renderView(view, again);
  } catch (error) {
    if (error.name !== "AbortError") showProblem(error);
  } finally {
    if (signal === controller.signal) document.body.removeAttribute("aria-busy");
  }
}

async function loadFrame(signal) {
  const get = (path) => api.getJson(path, signal);
  const tag = requestedLocale() ?? (currentTexts().requested ? locale() : (navigator.languages?.[0] ?? "en"));
  const [, listed] = await Promise.all([loadTexts(tag, get), markets.length ? { markets } : get("/v1/markets")]);
  markets = listed.markets;
  await loadTexts(locale(), get);
  renderFrame();
}

async function loadView(signal, again) {
  const given = params();
  const q = given.get("q")?.trim();
  const id = given.get("listing");
  if (!id && !q) return { title: "", main: views.welcome(given), status: "" };
  byId("status").replaceChildren(text("searching"));
  const request = () => (id ? listing(id, signal) : api.search(searchRequest(), signal));
  const kept = again && responses.get(location.search);
  const [response] = await Promise.all([kept || request(), loadCategories((path) => api.getJson(path, signal))]);
  cacheResponse(response);
  if (id) return { title: response.listing.title, main: views.page(given, response.listing, response.similar, handlers), status: response.listing.title };
  return { title: q, main: views.results(given, response, handlers), status: summary(response) };
}

async function listing(id, signal) {
  const [item, similar] = await Promise.all([
    api.listing(id, buyer(), signal),
    api.similar(id, { ...buyer(), size: SIMILAR, explain: true }, signal).catch(withoutSimilar),
  ]);
  return { listing: item, similar };
}

/** A listing is shown without similar ones while they are unavailable. */
function withoutSimilar(error) {
  if (error.status !== 503) throw error;
  return { degraded: true };
}

function cacheResponse(response) {
  responses.delete(location.search);
  responses.set(location.search, response);
  if (responses.size > RESPONSES_KEPT) responses.delete(responses.keys().next().value);
}

function summary(response) {
  if (response.results.length) return views.found(response);
  return [text("nothing", { query: params().get("q") }), response.near.length && `${text("near")}: ${number(response.near.length)}`].filter(Boolean).join(" – ");
}

/** Swap the view. The focus stays: the same control, the listing left, or the heading. */
function renderView(view, again) {
  const main = byId("main");
  const focused = document.activeElement;
  const inside = main.contains(focused);
  const left = new URLSearchParams(shown).get("listing");
  handlers.wide = byId("filters")?.open ?? wide.matches;
  main.replaceChildren(...view.main);
  byId("problem").replaceChildren();
  byId("status").replaceChildren(view.status);
  document.title = view.title ? `${view.title} – Fondaco` : "Fondaco";
  if (again && history.state?.y) scrollTo(0, history.state.y);
  else if (shown !== location.search) scrollTo(0, 0);
  shown = location.search;
  if (!inside && focused !== document.body) return;
  const home = main.querySelector("h1");
  const same = (focused.id && main.querySelector(`#${CSS.escape(focused.id)}`)) || (left && main.querySelector(`a[data-listing="${CSS.escape(left)}"]`));
  if (inside || left) (same || home)?.focus({ preventScroll: true });
}

function showProblem(error) {
  byId("status").replaceChildren();
  byId("main").replaceChildren();
  byId("problem").replaceChildren(views.problem(error, () => show()));
  root.dataset.ready = "";
  shown = location.search;
}

// What the reader may do within a view

const handlers = {
  wide: wide.matches,
  sort: ({ target }) => change({ sort: target.value === "best" ? null : target.value }),
  stock: ({ target }) => change({ stock: target.checked ? null : "all" }),
  price: (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const [min, max] = ["min", "max"].map((name) => given.get(name));
    const swap = min && max && Number(min) > Number(max);
    change({ min: (swap ? max : min) || null, max: (swap ? min : max) || null });
  },
  why: (listing) => {
    const dialog = byId("why");
    dialog.replaceChildren(...views.why(listing, () => dialog.close()));
    dialog.showModal();
  },
  more: async ({ target: button }) => {
    const { signal } = controller;
    const first = responses.get(location.search);
    button.disabled = true;
    try {
      const next = await api.search(searchRequest(first.next_cursor), signal);
      const response = { ...next, results: [...first.results, ...next.results] };
      cacheResponse(response);
      byId("main").replaceChildren(...views.results(params(), response, { ...handlers, wide: byId("filters").open }));
      byId("results").children[first.results.length]?.querySelector("a").focus({ preventScroll: true });
    } catch (error) {
      if (error.status === 410) show(); // the list has expired: start again
      else if (error.status === 503) offerRetry(button);
      else if (error.name !== "AbortError") showProblem(error);
    }
  },
};

/** The list stays, and can be continued later. */
function offerRetry(button) {
  button.disabled = false;
  byId("results").nextSibling === button && button.before(views.notice(text("problem")));
}

// The frame around the views

function renderFrame() {
  const { dir, tag, languages } = currentTexts();
  root.lang = locale();
  root.dir = dir;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  const [q, home, dark] = ["q", "home", "dark"].map(byId);
  q.placeholder = text("search_hint");
  q.setAttribute("aria-label", text("search_hint"));
  home.setAttribute("aria-label", `Fondaco: ${text("home")}`);
  home.href = views.href(new URLSearchParams([...params()].filter(([name]) => ["locale", "country"].includes(name))), {});
  dark.setAttribute("aria-label", text("dark"));
  dark.title = text("dark");
  dark.setAttribute("aria-pressed", isDark());
  if (document.activeElement !== q) q.value = params().get("q") ?? "";
  fillSelect(byId("locale"), Object.entries(languages), locale(), tag);
  fillSelect(byId("country"), markets.map(({ country: code }) => [code, countryName(code)]).sort((a, b) => inOrder(a[1], b[1])), country());
  root.dataset.ready = "";
}

/** The switch's choices. A value that is not offered (another region's) shows its nearest. */
function fillSelect(select, choices, chosen, nearest) {
  const value = choices.some(([code]) => code === chosen) ? chosen : nearest;
  const options = choices.map(([code, name]) => el("option", { value: code, selected: code === value, lang: select.id === "locale" && code }, name));
  select.replaceChildren(...options);
}

const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function storedTheme(theme) {
  try {
    if (theme) localStorage.setItem("theme", theme);
    return localStorage.getItem("theme");
  } catch {
    return null; // no storage: the choice lasts as long as the page
  }
}

function start() {
  const theme = storedTheme();
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  history.scrollRestoration = "manual";
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    change({ ...views.noFilters(params()), listing: null, typed: null, plain: null, q: byId("q").value.trim() || null });
  });
  byId("locale").addEventListener("change", ({ target }) => change({ locale: target.value, country: country() }));
  byId("country").addEventListener("change", ({ target }) => change({ country: target.value, locale: locale(), min: null, max: null }));
  byId("dark").addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    root.dataset.theme = next;
    storedTheme(next);
    byId("dark").setAttribute("aria-pressed", next === "dark");
  });
  byId("why").addEventListener("click", (event) => event.target === byId("why") && byId("why").close());
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
    byId("main").focus();
  } else if (link.origin === location.origin && link.pathname === "/") {
    event.preventDefault();
    go(link.href);
  }
}

start();
