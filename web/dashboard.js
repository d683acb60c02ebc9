// The dashboard: what the cache did and saved, the budget and the health, for the last 30 days. The token is in this
// module's memory alone.
import { ask, dollars } from "./api.js";
import { bars, chart, gauge, line, roundUp } from "./charts.js";
import { element, find } from "./element.js";

const percent = (part) => `${Math.round(part * 100)} %`;
// A figure's name, its words, how it is shown, its colour.
const CAUSES = [
  ["hits", "Kept", String, 1], ["collapsed", "Asked at the same time", String, 2], ["same_content", "Same content", String, 3],
  ["same_draft", "Same draft", String, 4], ["stale_served", "Older version", String, 6],
];
const ANSWERS = [["generated", "Written", String, 0], ...CAUSES];
const SAVED_BY = CAUSES.map(([name, words, , colour]) => [name, words, dollars, colour]);
const CALLS = [["model_calls", "Calls of the model", String, 0]];
const MONEY = [["cost_usd", "Spent", dollars, 0], ["saved_usd", "Saved", dollars, 1]];
const CHECKS = [["healthy", "Healthy", String, 1], ["degraded", "Degraded", String, 2], ["unhealthy", "Unhealthy", String, 5]];

async function load(token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const [stats, health] = await Promise.all([ask("api/cache/stats", { headers }), ask("api/monitor/health", { headers })]);
  show(stats.answer, health.answer);
}

function show(stats, health) {
  const days = [...stats.days].reverse();
  const sections = [tiles(stats, health), answers(days, stats), savedBy(days), money(days, stats), hitRate(days, stats), calls(days, stats), ...checks(health), services(health)];
  find("charts").replaceChildren(...sections);
  find("form").hidden = true;
  find("status").textContent = `As of ${new Date().toLocaleTimeString()}. Days are in UTC.`;
}

function tiles(stats, health) {
  const all = {
    "Hit rate, 30 days": stats.hit_rate === null ? "–" : percent(stats.hit_rate), "Calls of the model": stats.model_calls.toLocaleString(),
    Spent: dollars(stats.cost_usd), Saved: dollars(stats.saved_usd), Collapsed: stats.collapsed.toLocaleString(),
    "Older versions served": stats.stale_served.toLocaleString(), "Turned away": stats.blocked.toLocaleString(), Health: health.status,
  };
  return element("section", { className: "full" }, element("h2", { textContent: "In short" }),
    element("dl", { className: "tiles" }, ...Object.entries(all).map(([term, value]) => element("div", {}, element("dt", { textContent: term }), element("dd", { textContent: value })))),
    ...budget(health));
}

function answers(days, stats) {
  const words = `${stats.generated.toLocaleString()} answers were written; ${stats.avoided.toLocaleString()} cost no call.`;
  return chart("Answers by cause", bars(days, ANSWERS), words, ANSWERS, days);
}

function hitRate(days, stats) {
  const rows = days.map(({ date, answered, avoided }) => ({ date, rate: answered ? avoided / answered : null }));
  const words = stats.hit_rate === null ? "Nothing was asked." : `${percent(stats.hit_rate)} over all days.`;
  return chart("Hit rate", line(rows, "rate", 1, percent), words, [["rate", "Hit rate", percent]], rows);
}

const calls = (days, stats) =>
  chart("Calls of the model", bars(days, CALLS), `${stats.model_calls.toLocaleString()}, with second questions and failed ones.`, CALLS, days);

const money = (days, stats) =>
  chart("Dollars", bars(days, MONEY, dollars), `${dollars(stats.cost_usd)} spent, ${dollars(stats.saved_usd)} saved.`, MONEY, days);

function savedBy(days) {
  const rows = days.map(({ date, saved_by }) => ({ date, ...saved_by }));
  return chart("Dollars saved by cause", bars(rows, SAVED_BY, dollars), "What the answers cost when they were written.", SAVED_BY, rows);
}

function budget({ last_scheduled_check: last }) {
  if (!last?.budget_usd || last.budget_used_usd === null) return [];
  const used = last.budget_used_usd;
  const words = `Budget: ${dollars(used)} of ${dollars(last.budget_usd)} used today, at the last check.`;
  return [element("p", { className: "hint", textContent: words }), gauge(used / last.budget_usd, words)];
}

function checks({ last_scheduled_check: last }) {
  if (!last?.days.length) return [];
  const days = [...last.days].reverse();
  const bad = days.filter((day) => day.unhealthy || day.degraded).length;
  const milliseconds = (number) => `${Math.round(number)} ms`;
  const highest = roundUp(Math.max(1, ...days.map((day) => day.store_ms ?? 0)));
  return [
    chart("Scheduled checks", bars(days, CHECKS), `${last.status} at ${new Date(last.at).toLocaleString()}; ${bad} of ${days.length} days had a fault.`, CHECKS, days),
    chart("Latency of the store", line(days, "store_ms", highest, milliseconds), "The slowest answer of each day.", [["store_ms", "Slowest", milliseconds]], days),
  ];
}

function services(health) {
  const rows = Object.entries(health.services).map(([name, part]) => element("tr", {}, element("th", { textContent: name, scope: "row" }),
    ...[part.status, part.latency_ms === null ? "–" : `${part.latency_ms} ms`, part.reason ?? ""].map((textContent) => element("td", { textContent }))));
  const head = ["Part", "State", "Latency", "Reason"].map((textContent) => element("th", { textContent, scope: "col" }));
  return element("section", {}, element("h2", { textContent: "Now" }),
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}

async function open(token) {
  find("error").textContent = "";
  try {
    await load(token);
  } catch (error) {
    find("status").textContent = "";
    const asked = error.kind === "unauthorized";
    if (!asked || token) find("error").textContent = error.message;
    find("form").hidden = false;
    find("token").focus();
  }
}

find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  open(find("token").value);
  find("token").value = "";
});
open("");
