// Elements made without HTML (what the API sends stays text), and pictures.

import { getJson, getText } from "./api.js";
import { currentTexts, exact, number, text } from "./i18n.js";

export const HIDDEN = { "aria-hidden": "true" }; // from screen readers
const drawings = new Map();
const colors = new Map();

/** An element; attributes may be left out, absent children are; strings become text. */
export function el(name, ...children) {
  const attributes = children[0]?.constructor === Object ? children.shift() : {};
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => (child ?? false) !== false));
  return element;
}

export const slugOf = (name) => name.toLowerCase().replace(/['’]/g, "").replace(/[^\p{L}]+/gu, "_");

/** The category's name in the reader's language, else the catalogue's. */
export function categoryName(path) {
  const { categories, names } = currentTexts();
  const slug = slugOf(path.at(-1) ?? "");
  return categories[slug] ?? names?.[slug] ?? path.at(-1) ?? "";
}

/** The colour of a listing's picture: its seller's, where the page knows it. */
async function colorHexOf({ attributes, brand, listing_id, locale }) {
  const name = Object.entries(attributes).find(([key]) => /^colou?r$/i.test(key))?.[1];
  const hex = name && (await colorsOf(locale.split("-")[0]))[name.normalize("NFKC").toLowerCase()];
  return hex ?? colorFromText((attributes.color ?? brand ?? listing_id).toLowerCase());
}

function colorsOf(language) {
  if (!colors.has(language)) colors.set(language, getJson(`/storefront/colors/${language}.json`).catch(() => ({})));
  return colors.get(language);
}

/** The same calm colour for the same text (FNV-1a). */
function colorFromText(name) {
  let hash = 2166136261;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  return `hsl(${hash % 360} ${32 + ((hash >>> 9) % 18)}% ${48 + ((hash >>> 17) % 12)}%)`;
}

function drawing(slug) {
  if (!drawings.has(slug)) {
    const parsed = getText(`/storefront/pictures/${encodeURIComponent(slug)}.svg`)
      .then((svg) => new DOMParser().parseFromString(svg, "image/svg+xml").documentElement)
      .catch(() => null); // a page without a drawing is still a page
    drawings.set(slug, parsed);
  }
  return drawings.get(slug);
}

function fill(frame, slugs) {
  const { categories, pictures, drawings } = currentTexts();
  const shared = slugs.map((name) => drawings?.[name] ?? name);
  const slug = shared.find((name) => name in categories || pictures.includes(name)) ?? "other";
  drawing(slug).then((svg) => {
    if (svg?.nodeName !== "svg") return;
    const copy = document.importNode(svg, true);
    copy.setAttribute("aria-hidden", "true");
    frame.replaceChildren(copy);
  });
}

/** A frame with the drawing of a category's slug. */
export function tile(slug) {
  const frame = el("span.picture");
  frame.style.setProperty("--color", colorFromText(slug));
  fill(frame, [slug]);
  return frame;
}

/** The listing's picture, else its category's drawing, else a parent's. */
export function picture(listing) {
  const frame = el("div.picture");
  colorHexOf(listing).then((hex) => frame.style.setProperty("--color", hex));
  const slugs = [...listing.category].reverse().map(slugOf);
  if (!listing.image_url?.startsWith("https://")) fill(frame, slugs);
  else {
    const image = el("img", { alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
    image.addEventListener("error", () => fill(frame, slugs), { once: true });
    image.src = listing.image_url;
    frame.append(image);
  }
  return frame;
}

/** Five stars and how many rated; nothing without ratings. */
export function stars(mean, count) {
  if (mean === undefined) return null;
  const full = el("span.full", "★★★★★");
  full.style.setProperty("inline-size", `${(mean / 5) * 100}%`);
  const counted = count === undefined ? "" : ` (${number(count)})`;
  const label = [text("rating", { n: exact(mean, 1) }), count === undefined ? "" : text("ratings", { n: number(count) })];
  return el("span.rating", {},
    el("span.stars", HIDDEN, "★★★★★", full),
    el("span", HIDDEN, `${exact(mean, 1)}${counted}`),
    el("span.unseen", label.filter(Boolean).join(", ")),
  );
}
