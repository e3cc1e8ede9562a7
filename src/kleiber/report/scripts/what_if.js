"use strict";
// Answers anew for other targets and terms, from the draws that the findings carry, as kleiber.need and kleiber.plan do.
// The page is whole without it: the controls are hidden until it runs. Tests hold it to the library within 1 %.
const whatIf = () => {
  const root = document.getElementById("what-if");
  const island = document.getElementById("findings");
  if (!root || !island || root.dataset.answers) return;
  root.dataset.answers = "yes";
  const findings = JSON.parse(island.textContent);
  const curves = findings.what_if || [];
  if (!curves.length) return;

  const { need: NEED, advice: ADVICE, limits, each: EACH_OF } = JSON.parse(document.getElementById("what-if-words").textContent);
  const EACH = 4; // of the sizes weighed, how many steps the chart takes at once
  const TAILS = [0.05, 0.95], TAIL = 1.2815515655446004; // the normal score at which the range of a gain ends
  const NAMES = { nothing: "buy nothing", labels: "labels", engineers: "engineers", both: "labels and engineers" };

  // ---- numbers as the library writes them
  const digits = (x, most) => x.toLocaleString("en-US", { maximumFractionDigits: most });
  const number = (x) => {
    const rounded = Number(x.toPrecision(3));
    return Math.abs(rounded) >= 100 ? digits(rounded, 0) : String(rounded);
  };
  const size = (n) => (n >= 10 ? digits(Number(n.toPrecision(3)), 0) : String(Number(n.toPrecision(3))));
  const chance = (p) => (p < 0.01 ? "under 1 %" : p > 0.99 ? "over 99 %" : `${Math.round(100 * p)} %`);

  const counted = (text, what) => `${text} ${what}${text === "1" ? "" : "s"}`;
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  // ---- what a curve carries
  const decode = (row) => {
    const bytes = Uint8Array.from(atob(row.codes), (c) => c.charCodeAt(0));
    const wide = row.bits === 16, count = wide ? bytes.length / 2 : bytes.length, view = new DataView(bytes.buffer);
    const step = (row.high - row.low) / (2 ** row.bits - 1), values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = row.low + step * (wide ? view.getUint16(2 * i, true) : bytes[i]);
    return values;
  };
  const shown = (one) => {
    const curve = findings.curves.find((c) => c.model === one.model && c.metric === one.metric), s = curve.scale;
    const times = s.in_percent ? 100 : 1, unit = s.in_percent ? "%" : s.unit;
    const value = (loss) => times * (s.higher_is_better ? s.best - s.per_loss * loss : s.per_loss * loss);
    const loss = (v) => (s.higher_is_better ? s.best - v / times : v / times) / s.per_loss;
    const written = (l) => `${Number(value(l).toPrecision(6))}${unit ? ` ${unit}` : ""}`;
    return { name: s.name, unit, value, loss, written, sizes: curve.unit_of_n || "examples", target: curve.forecast.target };
  };
  const opened = new Map();
  const open = (index) => {
    if (!opened.has(index)) {
      const one = curves[index], need = one.need, plan = one.plan;
      const rows = Object.fromEntries(["low", "half", "high", "now", "ever", "floor"].map((name) => [name, decode(need[name])]));
      const known = { ...one, metric: shown(one), rows };
      if (plan) known.draws = drawn(plan);
      opened.set(index, known);
    }
    return opened.get(index);
  };
  // Losses of each draw at each size, straight on log-log axes between the sizes that are carried.
  const drawn = (plan) => {
    const nodes = plan.loss.map(decode), count = nodes[0].length, sizes = plan.mean.length;
    const n = new Float64Array(sizes), loss = new Float64Array(count * sizes);
    for (let j = 0; j < sizes; j++) {
      n[j] = plan.owned * (plan.most / plan.owned) ** (j / Math.max(sizes - 1, 1));
      const after = Math.max(plan.at.findIndex((at) => at >= j), 1), high = nodes[Math.min(after, nodes.length - 1)];
      const low = nodes[after - 1], from = plan.at[after - 1], share = sizes > 1 ? (j - from) / (plan.at[after] - from) : 0;
      let sum = 0;
      for (let s = 0; s < count; s++) sum += loss[j * count + s] = Math.exp((1 - share) * low[s] + share * high[s]);
      for (let s = 0; s < count; s++) loss[j * count + s] *= plan.mean[j] * count / sum; // the mean is the library's
    }
    return { n, loss, count, floor: decode(plan.floor), score: decode(plan.score) };
  };

  // ---- what a target takes, as answers/need.py
  const needed = (known, target) => {
    const { need, rows, horizon, firm } = known, level = Math.log(Math.max(target, 1e-300));
    const start = Math.log(need.smallest), step = (Math.log(need.searched_to) - start) / (rows.half.length - 1);
    const enough = (row) => {
      const i = row.findIndex((one) => one <= level);
      if (i < 1) return i < 0 ? Infinity : need.smallest;
      return Math.exp(start + step * (i - 1 + (row[i - 1] - level) / (row[i - 1] - row[i])));
    };
    const probability = (row) => {
      const width = 2 * need.scores / (row.length - 1);
      let k = 1;
      while (k < row.length - 1 && row[k] < level) k++;
      return below(width * (k - 1 + (level - row[k - 1]) / Math.max(row[k] - row[k - 1], 1e-12)) - need.scores);
    };
    const { floor } = rows, i = floor.findIndex((one) => one >= target);
    const never = i < 0 ? 0 : target <= 0 || i < 1 ? 1
      : 1 - (i - 1 + (target - floor[i - 1]) / (floor[i] - floor[i - 1])) / (floor.length - 1);
    const n = enough(rows.half), low = enough(rows.low), high = enough(rows.high);
    const grade = n > horizon ? "guess" : n <= firm && high <= limits.needed * low ? "firm" : "rough";
    return { low, n, high, never, now: probability(rows.now), reached: probability(rows.ever), grade };
  };
  // The normal distribution function (Abramowitz and Stegun 7.1.26, to 1e-7).
  const below = (z) => {
    const x = Math.abs(z) / Math.SQRT2, t = 1 / (1 + 0.3275911 * x);
    const tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    const half = tail * Math.exp(-x * x) / 2;
    return z < 0 ? half : 1 - half;
  };

  // ---- what to buy, as answers/plan
  const remaining = (start, deadline, discount) => {
    const rate = Math.log1p(discount) / 12, months = Math.min(start, deadline);
    if (deadline === Infinity) return Math.exp(-rate * months);
    if (rate === 0) return 1 - months / deadline;
    return Math.exp(-rate * months) * Math.expm1(-rate * (deadline - months)) / Math.expm1(-rate * deadline);
  };
  // Shares of what each loss counts for at size j: of the loss today, of that at n, of both with the engineers, and money.
  const shares = (t, n) => n.map((size) => {
    const labelled = (size - n[0]) / t.speed, left = remaining(labelled, t.deadline, t.discount);
    const one = remaining(Math.min(labelled, t.months), t.deadline, t.discount);
    const all = remaining(Math.max(labelled, t.months), t.deadline, t.discount);
    return { left, one, all, first: labelled <= t.months, labels: t.price * (size - n[0]) };
  });
  const planned = (known, t) => {
    const { n, loss, count, floor, score } = known.draws, last = n.length - 1, at = shares(t, Array.from(n));
    const cut = new Float64Array(count), hire = t.gain !== null;
    if (hire) {
      const [low, high] = t.gain.map((share) => -Math.log1p(-share));
      for (let s = 0; s < count; s++) {
        cut[s] = Math.max(-Math.expm1(-((low + high) / 2 + (high - low) / 2 * score[s] / TAIL)), 0);
      }
    }
    const better = (j, s) => floor[s] + (1 - cut[s]) * (loss[j * count + s] - floor[s]);
    const labels = (j, s) => t.value * ((1 - at[j].left) * loss[s] + at[j].left * loss[j * count + s]) + at[j].labels;
    const both = (j, s) => {
      const { one, all, first } = at[j], meanwhile = first ? loss[j * count + s] : better(0, s);
      return t.value * ((1 - one) * loss[s] + (one - all) * meanwhile + all * better(j, s)) + at[j].labels + t.wage * t.months;
    };
    const all = (cost) => Array.from(n, (_, j) => Float64Array.from({ length: count }, (_, s) => cost(j, s)));
    const ways = hire ? { labels: all(labels), both: all(both) } : { labels: all(labels) };
    const least = (columns) => columns.map(average).reduce((best, c, j) => (c < best.c ? { c, j } : best), { c: Infinity, j: 0 }).j;
    const asked = [["nothing", "labels", 0], ["labels", "labels", least(ways.labels)]];
    if (hire) asked.push(["engineers", "both", 0], ["both", "both", least(ways.both)]);
    const options = asked.map(([name, way, j]) => {
      return { name, j, n: n[j], costs: ways[way][j], spend: at[j].labels + (way === "both" ? t.wage * t.months : 0) };
    });
    const cheapest = (columns, s) => columns.reduce((best, one, j) => (one[s] < columns[best][s] ? j : best), 0);
    const each = (name) => Float64Array.from({ length: count }, (_, s) => cheapest(ways[name], s));
    const found = Object.fromEntries(Object.keys(ways).map((name) => [name, each(name)]));
    const wins = new Array(options.length).fill(0);
    for (let s = 0; s < count; s++) {
      let best = 0;
      options.forEach((one, k) => { if (one.costs[s] < options[best].costs[s]) best = k; });
      wins[best]++;
    }
    options.forEach((one, k) => {
      const saved = options[0].costs.map((cost, s) => cost - one.costs[s]);
      Object.assign(one, ends(one.costs, ""), { best: wins[k] / count });
      const [low, high] = TAILS.map((p) => quantile(saved, p));
      const [first, end] = found[one.name] ? TAILS.map((p) => n[quantile(found[one.name], p)]) : [n[0], n[0]];
      Object.assign(one, { saving: average(saved), saving_low: low, saving_high: high, n_low: first, n_high: end });
    });
    const curves = last === 0 ? [] : Object.entries(ways).map(([name, columns]) => {
      const kept = columns.filter((_, j) => j % EACH === 0).map((column) => options[0].costs.map((cost, s) => cost - column[s]));
      const [low, high] = TAILS.map((p) => kept.map((saved) => quantile(saved, p)));
      return { name, n: Array.from(n).filter((_, j) => j % EACH === 0), saving: kept.map(average), low, high };
    });
    const choice = options.reduce((a, b) => (b.cost < a.cost ? b : a));
    let dominated = 0;
    for (let s = 0; s < count; s++) dominated += floor[s] > limits.dominant * loss[choice.j * count + s] ? 1 / count : 0;
    return {
      options, choice, curves, dominated, untold: last === 0, neither: dominated >= limits.likely && !known.flat && !known.nominal,
      beyond: last > 0 && choice.j === last && known.plan.most >= known.horizon * (1 - 1e-9),
    };
  };
  const average = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const quantile = (values, p) => Float64Array.from(values).sort()[Math.max(Math.ceil(p * values.length) - 1, 0)];
  const ends = (costs) => ({ cost: average(costs), low: quantile(costs, TAILS[0]), high: quantile(costs, TAILS[1]) });

  // ---- the words: templates of the library, with the numbers of here
  const target = (known, loss) => {
    const m = known.metric, found = needed(known, loss), ends = { low: size(found.low), middle: size(found.n), high: size(found.high) };
    const values = {
      goal: `${m.name} ${m.written(loss)}`, unit: m.sizes, doubt: "", grade: found.grade === "guess" ? "a guess" : found.grade,
      here: `${size(known.largest)} ${m.sizes}`, now: chance(found.now), untold: known.untold, never: chance(found.never),
      end: size(known.need.searched_to), reached: chance(found.reached), ...ends,
    };
    const open = found.high === Infinity, took = found.n < known.largest && !open ? NEED.took : "";
    const words = found.now >= limits.sure ? NEED.reached + took : known.untold ? NEED.untold
      : (found.n === Infinity ? NEED.unlikely : open ? NEED.open : NEED.takes) + NEED.never;
    return [fill(words, values), found, values];
  };
  const way = (known, found, values, price) => {
    if (found.now >= limits.sure || known.untold || found.n === Infinity) return "";
    const money = (n) => number(Math.max(n - known.largest, 0) * price);
    const words = NEED[found.high === Infinity ? "costs-open" : "costs"];
    return ` ${fill(words, { ...values, price: number(price), each: EACH_OF[values.unit], low: money(found.low), middle: money(found.n), high: money(found.high) })}`;
  };
  const saving = ({ saving: middle, saving_low: low, saving_high: high }) => {
    const [words, one, other] = middle >= 0 ? (low >= 0 ? ["saves", low, high] : ["saves or loses", -low, high])
      : high <= 0 ? ["loses", -high, -low] : ["loses or saves", high, -low];
    return fill(ADVICE[words], { saving: number(Math.abs(middle)), low: number(one), high: number(other) });
  };
  const option = (one, found) => {
    const more = one.n - found.options[0].n, bound = found.beyond, name = ["labels", "both"].includes(one.name) && more <= 0 ? `no ${one.name}` : one.name;
    const amount = fill(ADVICE[bound ? "at least" : "amount"], { more: counted(size(more), "more label"), n: size(one.n) });
    const said = fill(ADVICE[name], { amount, months: counted(number(terms().months), "month"), spend: number(one.spend) });
    const best = bound ? "" : fill(ADVICE.best, { best: chance(one.best), regret: "" });
    return `${said}${one.name === "nothing" ? "" : saving(one)}${best}`;
  };
  const told = (known, found) => {
    const { choice, options } = found, start = found.neither ? "even so" : found.untold ? "judged" : "cheapest", said = [];
    const share = String(Math.round(100 * limits.dominant)), probability = chance(found.dominated);
    if (found.neither) said.push(fill(ADVICE.neither, { share, lacks: known.lacks, probability }));
    if (found.untold) said.push(fill(ADVICE.untold, { owned: size(options[0].n) }));
    if (found.untold && choice.name === "nothing" && options.length === 2) return [...said, ADVICE.until].join(" ");
    said.push(fill(ADVICE[start], { what: option(choice, found) }));
    if (found.beyond) said.push(fill(ADVICE.beyond, { most: size(known.plan.most) }));
    return said.join(" ");
  };

  // ---- the controls
  const field = (name) => root.querySelector(`[name="${name}"]`);
  const FIELDS = {
    target: ["Target", () => true, "a number"],
    value: ["Value of a point", (x) => x > 0, "a positive number"],
    price: ["Price", (x) => x >= 0, "a number that is not negative"],
    months: ["Months", (x) => x > 0, "a positive number"],
    cost: ["Cost per month", (x) => x >= 0, "a number that is not negative"],
    low: ["Gain", (x) => x > -1000 && x < 100, "a per cent below 100"],
    high: ["Gain", (x) => x > -1000 && x < 100, "a per cent below 100"],
  };
  const read = (name) => {
    const box = field(name), text = box.value.trim(), [, fits] = FIELDS[name], x = Number(text);
    const wrong = box.validity.badInput || (text !== "" && !(Number.isFinite(x) && fits(x)));
    box.setAttribute("aria-invalid", String(wrong));
    return wrong ? NaN : text === "" ? null : x;
  };
  const index = () => Number(field("curve") ? field("curve").value : 0);
  const advice = (one) => (findings.advice || []).find((a) => a.model === one.model && a.metric === one.metric);
  const terms = () => {
    const asked = (advice(curves[index()]) || {}).asked || {}, plan = curves[index()].plan, worth = read("value"), months = read("months"), low = read("low"), high = read("high");
    return {
      value: worth === null ? null : worth / (plan ? plan.point : 1), price: read("price"), months: months || 0, wage: read("cost") || 0, gain: low === null || high === null ? null : [low / 100, high / 100],
      deadline: asked.deadline || Infinity, discount: asked.discount || 0, speed: asked.examples_per_month || Infinity,
    };
  };
  // What is wrong with the controls, in words; "" where nothing is.
  const wrong = () => {
    const bad = Object.keys(FIELDS).find((name) => Number.isNaN(read(name)));
    if (bad) return `${FIELDS[bad][0]}: give ${FIELDS[bad][2]}.`;
    const own = ["months", "cost", "low", "high"].filter((name) => read(name) !== null);
    if (own.length > 0 && own.length < 4) return "Engineers take months, cost per month and both ends of the gain together.";
    return own.length && read("low") > read("high") ? "Gain: give the low end first." : "";
  };
  const say = (name, text) => {
    const place = root.querySelector(`[data-out="${name}"]`);
    place.textContent = text.replaceAll(" %", "\u00a0%");
    place.hidden = !text;
    return place;
  };
  const rows = (options, choice) => options.map((one) => {
    const row = document.createElement("tr"), head = document.createElement("th");
    const name = document.createElement(one === choice ? "strong" : "span");
    name.textContent = NAMES[one.name];
    head.scope = "row";
    head.className = "word";
    head.append(name);
    row.append(head);
    row.dataset.option = one.name;
    const interval = (middle, low, high) => `${number(middle)} (${number(low)} to ${number(high)})`;
    const cells = [
      size(one.n), number(one.spend), one.name === "nothing" ? "\u2013" : interval(one.saving, one.saving_low, one.saving_high),
      chance(one.best),
    ];
    for (const text of cells) row.insertCell().textContent = text;
    for (const key of ["n", "spend", "cost", "low", "high", "saving", "saving_low", "saving_high", "best"]) row.dataset[key.replace("_l", "L").replace("_h", "H")] = one[key];
    return row;
  });
  const answer = () => {
    const known = open(index()), problem = wrong(), table = root.querySelector("table"), frame = root.querySelector("[data-table]");
    say("wrong", problem);
    for (const name of ["need", "plan", "ask"]) say(name, "");
    frame.hidden = true;
    for (const chart of root.querySelectorAll("[data-chart]")) chart.hidden = true;
    if (problem) return;
    const t = terms(), goal = read("target");
    if (goal !== null) {
      const [text, found, values] = target(known, known.metric.loss(goal));
      const place = say("need", text + (t.price === null ? "" : way(known, found, values, t.price)));
      Object.assign(place.dataset, { low: found.low, n: found.n, high: found.high, never: found.never, now: found.now, grade: found.grade });
    }
    if (t.value === null || t.price === null) {
      say("ask", `Give ${[goal === null && "a target", t.value === null && "the value of a point", t.price === null && "a price"].filter(Boolean).join(", ")} to see more.`);
      return;
    }
    if (!known.draws) {
      say("plan", "No advice: more is owned than these runs can forecast. Measure a size near what you own.");
      return;
    }
    const found = planned(known, t);
    say("plan", told(known, found)).dataset.choice = found.choice.name;
    table.tBodies[0].replaceChildren(...rows(found.options, found.choice));
    frame.hidden = false;
    const chart = root.querySelector(`[data-chart="${index()}"]`);
    if (!chart || !found.curves.length) return;
    const { name, n, saving, n_low: low, n_high: high } = found.choice, best = ["labels", "both"].includes(name) ? { name, n, saving, low, high } : null;
    chart.hidden = false;
    kleiberCosts(chart.querySelector("figure"), found.curves, best);
  };

  const reset = () => {
    const one = curves[index()], m = shown(one), asked = (advice(one) || {}).asked || {}, gain = asked.gain;
    const round = (x) => (x === null || x === undefined ? "" : String(Number(x.toPrecision(6))));
    const given = {
      target: m.target ? round(m.value(m.target.loss)) : "", value: round(asked.value_per_point), price: round(asked.price_per_example),
      months: round(asked.months), cost: round(asked.cost_per_month), low: gain ? round(100 * gain[0]) : "", high: gain ? round(100 * gain[1]) : "",
    };
    for (const [name, text] of Object.entries(given)) field(name).value = text;
    root.querySelector('[data-out="unit"]').textContent = m.unit;
    root.querySelector('[data-out="metric"]').textContent = m.name;
    answer();
  };
  let waiting;
  root.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(event.target.name === "curve" ? reset : answer, 60);
  });
  root.querySelector("[data-reset]").addEventListener("click", reset);
  for (const part of root.querySelectorAll("[data-script]")) part.hidden = false;
  for (const part of root.querySelectorAll("[data-plain]")) part.hidden = true;
  reset();
};
document.addEventListener("charts", whatIf); // of a page whose sections come later
whatIf();
