"use strict";
// Makes the figures of a page answer: values by hover, focus and touch, curves off and on, data and picture to download.
// The page is whole without it. After figures were put into the page anew: document.dispatchEvent(new Event("charts")).
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const REACH = 40; // pixels from a pointer to the value that it shows
  const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap", "opacity", "font-size", "font-weight",
    "font-family", "text-anchor", "paint-order", "stroke-linejoin", "display"];

  const make = (tag, kind, text) => {
    const element = document.createElement(tag);
    if (kind) element.className = kind;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const written = (value, digits) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "\u2212");

  const place = (x) => (Number.isInteger(x) || Math.abs(x) >= 100 ? written(Math.round(x), 0) : String(Number(x.toPrecision(4))));

  const fraction = (value, low, high, log, best) => {
    if (value === null) return NaN;
    if (!log) return (value - low) / (high - low);
    if (best !== undefined) return Math.log((best - low) / (best - value)) / Math.log((best - low) / (best - high));
    return Math.log(value / low) / Math.log(high / low);
  };

  // The place of a row on a panel in the units of its viewBox; undefined where it lies outside.
  const spot = (svg, values, row) => {
    const [left, top, width, height, xlow, xhigh, xlog, ylow, yhigh, ylog, best] = svg.dataset.frame.split(" ").map(Number);
    const across = fraction(row[values.x], xlow, xhigh, xlog), up = fraction(row[values.y], ylow, yhigh, ylog, best);
    const inside = across >= -0.001 && across <= 1.001 && up >= -0.001 && up <= 1.001;
    return inside ? { x: left + across * width, y: top + (1 - up) * height } : undefined;
  };

  const lines = (values, row) => {
    const told = [`${values.columns[values.x]}: ${place(row[values.x])}`];
    for (let i = 2; i < row.length; i++) {
      if (i === values.x || row[i] === null || row[i] === "") continue;
      const name = values.columns[i], number = typeof row[i] === "number";
      if (number && name.endsWith(" low") && typeof row[i + 1] === "number") {
        told.push(`${name.slice(0, -4)}: ${written(row[i], values.digits)} to ${written(row[i + 1], values.digits)}`);
        i++;
      } else told.push(`${name}: ${number ? written(row[i], values.digits) : row[i]}`);
    }
    return told;
  };

  const reader = (figure, values) => {
    const frame = figure.querySelector(".panels");
    const tip = make("div", "tip");
    tip.setAttribute("role", "status");
    tip.hidden = true;
    frame.append(tip);
    const off = new Set();
    let ring, now = -1;

    const hide = () => {
      tip.hidden = true;
      now = -1;
      if (ring) ring.remove();
    };
    const show = (svg, index) => {
      const row = values.rows[index], at = spot(svg, values, row);
      if (!at) return;
      now = index;
      if (ring) ring.remove();
      ring = document.createElementNS(SVG, "circle");
      for (const [key, value] of Object.entries({ class: "here", cx: at.x, cy: at.y, r: 7 })) ring.setAttribute(key, value);
      svg.append(ring);
      tip.replaceChildren(make("b", "", row[0]), make("span", "what", row[1]), ...lines(values, row).map((t) => make("span", "", t)));
      tip.hidden = false;
      const box = svg.getBoundingClientRect(), around = frame.getBoundingClientRect();
      const scale = box.width / svg.viewBox.baseVal.width;
      const x = box.left - around.left + at.x * scale, y = box.top - around.top + at.y * scale;
      const left = Math.min(Math.max(x - tip.offsetWidth / 2, 0), around.width - tip.offsetWidth);
      tip.style.left = `${left}px`;
      tip.style.top = `${y - tip.offsetHeight - 14 >= -40 ? y - tip.offsetHeight - 14 : y + 14}px`;
    };
    const seen = (svg) => values.rows
      .map((row, index) => ({ index, at: off.has(values.series[index]) ? undefined : spot(svg, values, row) }))
      .filter((one) => one.at);
    const nearest = (event) => {
      const svg = event.target.closest && event.target.closest("svg.panel");
      if (!svg) return hide();
      const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
      const far = (one) => Math.hypot(box.left + one.at.x * scale - event.clientX, box.top + one.at.y * scale - event.clientY);
      const best = seen(svg).reduce((a, b) => (a && far(a) <= far(b) ? a : b), undefined);
      if (best && far(best) <= REACH) show(svg, best.index);
      else hide();
    };
    const step = (event) => {
      const svg = event.currentTarget;
      const order = seen(svg).sort((a, b) => a.at.x - b.at.x || a.at.y - b.at.y).map((one) => one.index);
      const at = order.indexOf(now);
      const next = { ArrowRight: at + 1, ArrowLeft: at < 0 ? order.length - 1 : at - 1, Home: 0, End: order.length - 1 }[event.key];
      if (event.key === "Escape") hide();
      if (next === undefined || !order.length) return;
      event.preventDefault();
      show(svg, order[Math.min(Math.max(next, 0), order.length - 1)]);
    };

    frame.addEventListener("pointermove", nearest);
    frame.addEventListener("pointerdown", nearest);
    document.addEventListener("pointerdown", (event) => frame.contains(event.target) || hide());
    frame.addEventListener("pointerleave", (event) => event.pointerType === "touch" || hide());
    for (const svg of figure.querySelectorAll("svg.panel[data-frame]")) {
      svg.setAttribute("tabindex", "0");
      svg.setAttribute("role", "application");
      svg.setAttribute("aria-roledescription", "chart, arrow keys read its values");
      svg.addEventListener("keydown", step);
      svg.addEventListener("blur", hide);
    }
    for (const entry of figure.querySelectorAll(".keys [data-key]")) {
      const key = entry.dataset.key, button = make("button", "key");
      button.type = "button";
      button.title = "show or hide";
      button.setAttribute("aria-pressed", "true");
      button.append(...entry.childNodes);
      entry.append(button);
      button.addEventListener("click", () => {
        const gone = !off.delete(key) && Boolean(off.add(key));
        button.setAttribute("aria-pressed", String(!gone));
        for (const part of figure.querySelectorAll("svg.panel [data-s]")) {
          if (part.dataset.s === key) part.classList.toggle("off", gone);
        }
        hide();
      });
    }
  };

  // A text that a spreadsheet would take for a formula is prefixed; a negative number is none.
  const cell = (value) => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    const formula = /^[=+\-@\t\r]/.test(value) && !/^-\d+(\.\d*)?(e[+-]?\d+)?$/i.test(value);
    const text = formula ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const csv = (values) => [values.columns, ...values.rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

  const dressed = (element) => {
    const copy = element.cloneNode(true);
    const from = [element, ...element.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")];
    from.forEach((one, i) => {
      const look = getComputedStyle(one);
      for (const name of LOOKS) to[i].setAttribute(name, look.getPropertyValue(name));
      for (const name of ["class", "tabindex", "role", "data-s", "data-frame", "aria-roledescription"]) to[i].removeAttribute(name);
    });
    return copy;
  };

  // The panels side by side under their legend, with their looks written into them, as one SVG.
  const picture = (figure) => {
    const sheet = document.createElementNS(SVG, "svg"), look = getComputedStyle(document.body);
    const paper = document.createElementNS(SVG, "rect");
    sheet.append(paper);
    const panels = [...figure.querySelectorAll("svg.panel")];
    const width = panels.reduce((sum, one) => sum + one.viewBox.baseVal.width, 0);
    let x = 12, y = 8;
    for (const entry of figure.querySelectorAll(".keys li")) {
      const text = document.createElementNS(SVG, "text"), mark = entry.querySelector("svg");
      text.textContent = entry.textContent;
      const room = 34 + 7 * text.textContent.length;
      if (x > 12 && x + room > width) [x, y] = [12, y + 20];
      const small = dressed(mark);
      small.setAttribute("width", 16);
      small.setAttribute("height", 16);
      for (const [part, dx, dy] of [[small, 0, 0], [text, 22, 12]]) {
        part.setAttribute("x", x + dx);
        part.setAttribute("y", y + dy);
        sheet.append(part);
      }
      for (const [key, value] of [["fill", look.color], ["font-size", "12.5"], ["font-family", look.fontFamily]]) text.setAttribute(key, value);
      x += room;
    }
    x = 0;
    let height = 0;
    for (const panel of panels) {
      const copy = dressed(panel), box = panel.viewBox.baseVal;
      for (const [key, value] of [["x", x], ["y", y + 24], ["width", box.width], ["height", box.height]]) copy.setAttribute(key, value);
      copy.querySelectorAll(".here").forEach((one) => one.remove());
      sheet.append(copy);
      x += box.width;
      height = Math.max(height, y + 24 + box.height);
    }
    for (const [key, value] of [["width", width], ["height", height]]) {
      sheet.setAttribute(key, value);
      paper.setAttribute(key, value);
    }
    paper.setAttribute("fill", look.backgroundColor);
    sheet.setAttribute("viewBox", `0 0 ${width} ${height}`);
    return new XMLSerializer().serializeToString(sheet);
  };

  const save = (name, kind, text) => {
    const link = make("a");
    link.download = name;
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const tools = (figure, values) => {
    const bar = make("p", "tools");
    const offer = (text, what) => {
      const button = make("button", "", text);
      button.type = "button";
      button.addEventListener("click", what);
      bar.append(button);
    };
    offer("Data (CSV)", () => save(`${values.file}.csv`, "text/csv", csv(values)));
    offer("Picture (SVG)", () => save(`${values.file}.svg`, "image/svg+xml", picture(figure)));
    figure.append(bar);
  };

  // The values of a figure, each row whole: its island has the first two columns and the series once for each group.
  const opened = (island) => {
    const { groups, ...values } = JSON.parse(island.textContent);
    values.rows = groups.flatMap(([name, what, , rows]) => rows.map((row) => [name, what, ...row]));
    values.series = groups.flatMap(([, , series, rows]) => rows.map(() => series));
    return values;
  };
  const known = new Map();
  const start = () => {
    for (const figure of document.querySelectorAll("figure.chart")) {
      const island = document.getElementById(`${figure.id}-values`);
      if (figure.dataset.fresh && known.has(figure)) Object.assign(known.get(figure), opened(island));
      delete figure.dataset.fresh;
      if (figure.dataset.live || !island) continue;
      figure.dataset.live = "yes";
      const values = opened(island);
      known.set(figure, values);
      reader(figure, values);
      tools(figure, values);
    }
  };

  // A table that is wider than its frame says that it scrolls; a frame that holds all is no stop of the keyboard.
  const frames = new ResizeObserver((changed) => {
    for (const { target } of changed) {
      const cut = target.scrollWidth > target.clientWidth + 1;
      target.classList.toggle("cut", cut);
      if (cut) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  for (const frame of document.querySelectorAll(".wide")) frames.observe(frame);

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folded) fold.open = true;
  });
  addEventListener("afterprint", () => folded.forEach((fold) => (fold.open = false)));
  document.addEventListener("charts", start);
  start();
})();
