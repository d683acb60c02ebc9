// The dashboard: what the cache did and saved, the budget and the health, for the last 30 days. The token is in this
// module's memory alone.
import { ask, dollars } from "./api.js";
import { bars, chart, gauge, line, roundUp } from "./charts.js";
import { element, find } from "./element.js";

const percent = (part) => `${Math.round(part * 100)} %`;
const ASKED = ["generated", "Model asked"];
const AVOIDED = [
  ["hits", "Kept"], ["first_tier", "Kept in the process"], ["collapsed", "Asked at the same time"],
  ["same_content", "Same content"], ["same_draft", "Same draft"], ["stale_served", "Older version"],
];
// Of a day or of all days. A server that does not count a cause has none of it.
const avoided = (figures, name) => figures.avoided?.[name] ?? figures.avoided_by?.[name] ?? figures[name] ?? 0;
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const MONEY = [["cost_usd", "Spent", dollars], ["saved_usd", "Saved", dollars]];
// The fourth is the colour: green, amber, red.
const CHECKS = [["healthy", "Healthy", String, 1], ["degraded", "Degraded", String, 2], ["unhealthy", "Unhealthy", String, 5]];

async function load(token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const [stats, health] = await Promise.all([ask("api/cache/stats", { headers }), ask("api/monitor/health", { headers })]);
  show(stats.answer, health.answer);
}

function show(stats, health) {
  const days = [...stats.days].reverse();
  const sections = [tiles(stats, health), answers(days, stats), hitRate(days, stats), money(days, stats), ...savedBy(days), ...checks(health), services(health)];
  find("charts").replaceChildren(...sections);
  find("form").hidden = true;
  find("status").textContent = `As of ${new Date().toLocaleTimeString()}. Days are in UTC.`;
}

function tiles(stats, health) {
  const all = {
    "Hit rate, 30 days": stats.hit_rate === null ? "–" : percent(stats.hit_rate), "Calls of the model": stats.generated.toLocaleString(),
    Spent: dollars(stats.cost_usd), Saved: dollars(stats.saved_usd), Collapsed: stats.collapsed.toLocaleString(),
    "Older versions served": stats.stale_served.toLocaleString(), "Turned away": stats.blocked.toLocaleString(), Health: health.status,
  };
  return element("section", { className: "full" }, element("h2", { textContent: "In short" }),
    element("dl", { className: "tiles" }, ...Object.entries(all).map(([term, value]) => element("div", {}, element("dt", { textContent: term }), element("dd", { textContent: value })))),
    ...budget(health));
}

function answers(days, stats) {
  const rows = days.map((day) => ({ date: day.date, generated: day.generated, ...Object.fromEntries(AVOIDED.map(([name]) => [name, avoided(day, name)])) }));
  const causes = AVOIDED.filter(([name]) => rows.some((day) => day[name]));
  const total = sum(AVOIDED.map(([name]) => avoided(stats, name) || sum(rows.map((day) => day[name]))));
  const words = `The model was asked ${stats.generated.toLocaleString()} times; ${total.toLocaleString()} answers did without.`;
  return chart("Answers by cause", bars(rows, [ASKED, ...causes]), words, [ASKED, ...causes], rows);
}

function hitRate(days, stats) {
  const rate = ({ answered, avoided, hits, misses }) => (answered ? avoided / answered : hits + misses ? hits / (hits + misses) : null);
  const rows = days.map((day) => ({ date: day.date, rate: rate(day) }));
  const words = stats.hit_rate === null ? "Nothing was asked." : `${percent(stats.hit_rate)} over all days.`;
  return chart("Hit rate", line(rows, "rate", 1, percent), words, [["rate", "Hit rate", percent]], rows);
}

const money = (days, stats) =>
  chart("Dollars", bars(days, MONEY, dollars), `${dollars(stats.cost_usd)} spent, ${dollars(stats.saved_usd)} saved.`, MONEY, days);

// Where the server counts what each cause saved.
function savedBy(days) {
  const names = Object.keys(days[0].saved_by ?? {});
  if (!names.length) return [];
  const rows = days.map((day) => ({ date: day.date, ...day.saved_by }));
  const series = names.map((name) => [name, AVOIDED.find(([cause]) => cause === name)?.[1] ?? name.replaceAll("_", " "), dollars]);
  return [chart("Dollars saved by cause", bars(rows, series, dollars), "What each answer would have cost.", series, rows)];
}

function budget({ last_scheduled_check: last }) {
  if (!last?.budget_usd) return [];
  const used = last.budget_used_usd ?? 0;
  const words = `Budget: ${dollars(used)} of ${dollars(last.budget_usd)} used today, at the last check.`;
  return [element("p", { className: "hint", textContent: words }), gauge(used / last.budget_usd, words)];
}

function checks({ last_scheduled_check: last }) {
  if (!last?.days?.length) return [];
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
