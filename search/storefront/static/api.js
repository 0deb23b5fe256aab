// Requests to the HTTP API of docs/api.md.

/** What went wrong: RFC 9457's `detail`; empty where nothing answered. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, redirect: "error", credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, "");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Problem(response.status, String(problem.detail ?? response.statusText));
  }
  return response;
}

export const getJson = async (path, signal) => (await send(path, { signal })).json();

export const getText = async (path) => (await send(path, {})).text();

export async function search(request, signal) {
  const headers = { "Content-Type": "application/json" };
  return (await send("/v1/search", { method: "POST", headers, body: JSON.stringify(request), signal })).json();
}

const listingPath = (id, part, params) => `/v1/listings/${encodeURIComponent(id)}${part}?${new URLSearchParams(params)}`;

export const listing = (id, params, signal) => getJson(listingPath(id, "", params), signal);

export const similar = (id, params, signal) => getJson(listingPath(id, "/similar", params), signal);
