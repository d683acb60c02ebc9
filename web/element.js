// An element with properties, and children. Names of attributes have a dash, or are `role`; all others are properties.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== false && child !== ""));
  return made;
}

export const button = (words, onclick, more = {}) =>
  element("button", { type: "button", className: "small", textContent: words, onclick, ...more });

export const find = (id) => document.getElementById(id);
