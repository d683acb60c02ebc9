// Charts as SVG, made by hand: bars that are stacked, lines, and a strip of states, over days from old to new.
import { element } from "./element.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [520, 190, 46, 20, 8];
const SPACE = "http://www.w3.org/2000/svg";

function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A section with its picture, the meaning of its colours, and the numbers behind it.
export function chart(title, svg, summary, series, rows, { legend: wanted = series.length > 1 } = {}) {
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${title}. ${summary}`);
  const legend = wanted && element("ul", { className: "legend" }, ...series.map(([, words, , colour], at) =>
    element("li", {}, shape("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" }, shape("rect", { width: 1, height: 1, class: `s${colour ?? at}` })), words)));
  return element("section", {}, element("h2", { textContent: title }), element("p", { className: "hint", textContent: summary }), svg, legend, table(title, series, rows));
}

function table(title, series, rows) {
  const head = ["Day", ...series.map(([, words]) => words)].map((words) => element("th", { textContent: words, scope: "col" }));
  const body = rows.map((row) => element("tr", {}, element("th", { textContent: row.date, scope: "row" }),
    ...series.map(([name, , show = String]) => element("td", { textContent: row[name] === null ? "–" : show(row[name]) }))));
  const scroll = element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": `${title}: numbers` },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body)));
  return element("details", {}, element("summary", { textContent: "Numbers" }), scroll);
}

function frame(days, highest, show) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  for (const part of [0, 0.5, 1]) {
    const y = at(part);
    svg.append(shape("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: "axis" }), shape("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, show(highest * part)));
  }
  for (const index of [0, days.length >> 1, days.length - 1]) {
    const anchor = index === 0 ? "start" : index === days.length - 1 ? "end" : "middle";
    svg.append(shape("text", { x: middle(index, days.length), y: HEIGHT - 4, "text-anchor": anchor }, days[index].date.slice(5)));
  }
  return svg;
}

const at = (part) => HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP);
const step = (count) => (WIDTH - LEFT) / count;
const middle = (index, count) => LEFT + (index + 0.5) * step(count);

// Four is a round number for the top of an axis, seven is none.
export function roundUp(number) {
  const size = 10 ** Math.floor(Math.log10(number || 1));
  return [1, 2, 4, 5, 6, 8, 10].find((round) => round * size >= number) * size;
}

export function bars(days, series, show = String) {
  const highest = roundUp(Math.max(0, ...days.map((day) => series.reduce((sum, [name]) => sum + day[name], 0))));
  const svg = frame(days, highest, show);
  for (const [index, day] of days.entries()) {
    let below = 0;
    for (const [which, [name, words, , colour]] of series.entries()) {
      const [bottom, top] = [at(below / highest), at((below + day[name]) / highest)];
      below += day[name];
      if (bottom - top > 0) {
        const bar = shape("rect", { x: middle(index, days.length) - step(days.length) * 0.38, width: step(days.length) * 0.76, y: top, height: bottom - top, class: `s${colour ?? which}` });
        bar.append(shape("title", {}, `${day.date}: ${words} ${show(day[name])}`));
        svg.append(bar);
      }
    }
  }
  return svg;
}

// Days of which nothing is known are gaps.
export function line(days, name, highest, show) {
  const svg = frame(days, highest, show);
  let path = "";
  for (const [index, day] of days.entries()) {
    if (day[name] === null) continue;
    const begins = index === 0 || days[index - 1][name] === null;
    path += `${begins ? "M" : "L"}${middle(index, days.length).toFixed(1)} ${at(day[name] / highest).toFixed(1)}`;
    const dot = shape("circle", { cx: middle(index, days.length), cy: at(day[name] / highest), r: 3, class: "s0" });
    dot.append(shape("title", {}, `${day.date}: ${show(day[name])}`));
    svg.append(dot);
  }
  svg.append(shape("path", { d: path, class: "line" }));
  return svg;
}

export function gauge(part, words) {
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} 10`, role: "img", "aria-label": words }, shape("rect", { width: WIDTH, height: 10, rx: 5, class: "empty" }));
  svg.append(shape("rect", { width: Math.min(1, part) * WIDTH, height: 10, rx: 5, class: part > 0.9 ? "s5" : "s0" }));
  return svg;
}
