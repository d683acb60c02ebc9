// The server's routes, relative to this file: a path may stand in front of both. Failures are raised as Problem.
import { faultOf, Problem } from "./problems.js";

const base = new URL("..", import.meta.url);

export const address = (path) => new URL(path, base);

// The body and the headers of an answer.
export async function ask(path, { body, headers = {}, signal, method = body ? "POST" : "GET" } = {}) {
  const json = body ? { "Content-Type": "application/json" } : {};
  let response;
  try {
    response = await fetch(address(path), { method, signal, headers: { ...json, ...headers }, body: body && JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(navigator.onLine === false ? "offline" : "unreachable");
  }
  const answer = await response.json().catch((error) => {
    if (error.name === "AbortError") throw error;
    return null;
  });
  if (answer && (response.ok || "services" in answer)) return { answer, headers: response.headers };
  throw problemOf(answer ?? {}, response);
}

function problemOf(answer, response) {
  const kind = String(answer.type ?? "").match(/[^/]+$/)?.[0] ?? (response.status === 429 ? "rate-limited" : "internal");
  const waitSeconds = response.status === 429 ? Number(response.headers.get("Retry-After")) || 60 : 0;
  return new Problem(kind, { status: response.status, fault: faultOf(answer.detail), waitSeconds });
}

// "7 of 10 left, more at 14:20"; nothing where the answer has no limit.
export function limitWords(headers) {
  const [left, all, reset] = ["Remaining", "Limit", "Reset"].map((name) => headers.get(`X-RateLimit-${name}`));
  if (left === null || all === null) return "";
  return `${left} of ${all} left${reset && left !== all ? `, more at ${clock(reset * 1000)}` : ""}`;
}

export const clock = (time) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export const dollars = (usd) => (usd && usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`);

// What an answer cost or saved, and where it came from.
export function costWords(answer, headers) {
  const cache = headers.get("Cache-Status") ?? "";
  const cost = answer.usage.cost_usd;
  const saved = cost ? `, and ${dollars(cost)} saved` : "";
  if (cache.includes("stale-if-error")) return "An older version: a new one could not be made.";
  if (cache.includes("collapsed")) return `Somebody asked for the same just now: nothing more was spent${saved}.`;
  if (cache.includes("same-draft")) return `Made from a thread that was written before: nothing was spent${saved}.`;
  if (answer.cached) return `Kept from ${ago(headers.get("Age"))}: nothing was spent${saved}.`;
  if (answer.generator === "extractive") return "Made by the built-in composer, for free.";
  const tokens = answer.usage.input_tokens + answer.usage.output_tokens;
  return `Written now for ${dollars(cost)} (${tokens.toLocaleString()} tokens).`;
}

function ago(age) {
  const minutes = Math.round((age ?? 0) / 60);
  if (minutes < 1) return "a moment ago";
  return minutes < 90 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}
