"use strict";
// Draws the chart of a decision into its frame, for any terms, as report/costs.py draws it for those of a report.
const kleiberCosts = (() => {
  const UNITS = [[1e9, "billions"], [1e6, "millions"], [1e3, "thousands"], [1, ""]];
  const COLOURS = { labels: "k0", both: "k1" };
  const PAD = 0.06, TICKS = 8, APART = 24, CUT = 2, WORTH = 0.02; // as in report/plots.py, axes.py and costs.py

  const round = (x) => Number(x.toPrecision(12));
  const ticks = (low, high, height) => {
    for (let step = 10 ** Math.floor(Math.log10((high - low) / 6)); ; step *= 10) {
      for (const width of [step, 2 * step, 5 * step]) {
        const slack = 1e-6 * (high - low), first = Math.ceil((low - slack) / width), last = Math.floor((high + slack) / width);
        const fits = last - first < 1 || (height * width) / (high - low) >= APART;
        if (last - first < TICKS && fits) return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => round((first + i) * width));
      }
    }
  };
  const place = (x) => x.toFixed(1).replace(/\.0$/, "");

  // `curves` have name, n, saving, low and high, each of numbers; `best` is n, saving, low, high and the name of its curve.
  return (figure, curves, best) => {
    const svg = figure.querySelector("svg.panel"), clip = svg.querySelector("g[clip-path]"), first = figure.querySelector("[data-drawn]");
    const [left, top, width, height, xlow, xhigh, xlog] = svg.dataset.frame.split(" ").map(Number);
    const ends = curves.flatMap((one) => [...one.low, ...one.high]), most = Math.max(...ends.map(Math.abs));
    const [unit, word] = UNITS.find(([size]) => most >= size) || UNITS[UNITS.length - 1];
    let low = Math.min(0, ...ends), high = Math.max(0, ...ends);
    if (high > -WORTH * low) low = Math.max(low, -CUT * high);
    const pad = PAD * (high - low || 0.1 * Math.abs(high) || 1e-6);
    [low, high] = [low - pad, high + pad];
    const px = (n) => left + (width * Math.log(n / xlow)) / Math.log(xhigh / xlow);
    const py = (value) => top + height * (1 - Math.min(Math.max((value - low) / (high - low), -1), 2));
    const add = (parent, tag, given, text, before = null) => {
      const part = document.createElementNS(svg.namespaceURI, tag);
      for (const [name, value] of Object.entries({ ...given, "data-drawn": "" })) part.setAttribute(name, value);
      if (text !== undefined) part.textContent = text;
      parent.insertBefore(part, before);
      return part;
    };
    if (first) for (const part of figure.querySelectorAll("[data-drawn]")) part.remove();
    const values = ticks(low, high, height), right = place(left + width);
    add(svg, "path", { class: "grid", d: values.map((value) => `M${place(left)} ${place(py(value))}H${right}`).join("") }, undefined, clip);
    const labels = add(svg, "g", { class: "tick end" }, undefined, clip);
    for (const value of values) add(labels, "text", { x: place(left - 8), y: place(py(value) + 4.5) }, String(Number((value / unit).toPrecision(4))));
    const line = (x, y) => `M${x.map((n, i) => `${place(px(n))} ${place(py(y[i]))}`).join("L")}`;
    for (const { name, n, low: bottom, high: top } of curves) {
      const outline = line([...n, ...[...n].reverse()], [...top, ...[...bottom].reverse()]);
      add(clip, "path", { class: `band90 firm ${COLOURS[name]}`, "data-s": name, d: `${outline}Z` });
    }
    add(clip, "path", { class: "target fit k0", d: line([xlow, xhigh], [0, 0]) });
    for (const { name, n, saving } of curves) add(clip, "path", { class: `ahead firm ${COLOURS[name]}`, "data-s": name, d: line(n, saving) });
    if (best) {
      const group = add(svg, "g", {}), colour = COLOURS[best.name], y = place(py(best.saving));
      add(group, "path", { class: `bar needed ${colour}`, d: `M${place(px(best.low))} ${y}H${place(px(best.high))}` });
      add(group, "circle", { class: `mark needed ${colour}`, cx: place(px(best.n)), cy: y, r: 5 });
    }
    const named = svg.querySelector("text.name:not(.middle)");
    named.textContent = named.textContent.replace(/, (billions|millions|thousands)$/, "") + (word ? `, ${word}` : "");
    svg.dataset.frame = [left, top, width, height, xlow, xhigh, xlog, low, high, 0].join(" ");
    const keys = [...figure.querySelectorAll(".keys li")], island = document.getElementById(`${figure.id}-values`);
    keys[1].hidden = curves.length < 2;
    keys[2].hidden = !best;
    for (const key of keys.slice(0, 2)) {
      const gone = key.querySelector('[aria-pressed="false"]') !== null;
      for (const part of svg.querySelectorAll(`[data-s="${key.dataset.key}"]`)) part.classList.toggle("off", gone);
    }
    const texts = Object.fromEntries(keys.slice(0, 2).map((key) => [key.dataset.key, key.textContent.split(",")[0]]));
    const rows = (one) => one.n.map((n, i) => [n, one.saving[i], one.low[i], one.high[i]]);
    const groups = curves.map((one) => [texts[one.name], "expected saving", one.name, rows(one)]);
    island.textContent = JSON.stringify({ ...JSON.parse(island.textContent), groups });
    figure.dataset.fresh = "yes";
    document.dispatchEvent(new Event("charts"));
  };
})();
