"use strict";
// Keeps a page as its study is: the server sends the pieces that changed, each one element with an id, and the order of lists.
(() => {
  const asked = document.body.dataset.events;
  if (!asked) return;
  const link = document.getElementById("link");
  const HIDDEN = 300_000; // milliseconds
  let ahead = 0; // milliseconds by which the server's clock is ahead of this one

  const span = (seconds) => {
    if (seconds < 90) return `${Math.max(Math.round(seconds), 0)} s`;
    return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
  };
  const tick = () => {
    const now = Date.now() + ahead;
    for (const one of document.querySelectorAll("[data-since]")) one.textContent = span((now - Date.parse(one.dataset.since)) / 1000);
    for (const one of document.querySelectorAll("[data-at]")) one.textContent = `${span((now - Number(one.dataset.at)) / 1000)} ago`;
  };

  const element = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html; // the server escapes every text of a user
    return holder.content.firstElementChild;
  };
  const REACHED = "a[href], button, input, summary, [tabindex]";
  // Folds stay as they are, and choices too.
  const keep = (old, fresh) => {
    if (old.tagName === "DETAILS") fresh.open = old.open;
    const folds = [...old.querySelectorAll("details")], boxes = [...old.querySelectorAll("input")];
    fresh.querySelectorAll("details").forEach((one, i) => folds[i] && (one.open = folds[i].open));
    fresh.querySelectorAll("input").forEach((one, i) => boxes[i] && (one.checked = boxes[i].checked));
  };
  // Puts an element in another's place; the place of the keyboard stays as well.
  const replace = (old, fresh) => {
    keep(old, fresh);
    const at = [...old.querySelectorAll(REACHED)].indexOf(document.activeElement);
    const sides = [...old.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".wide").forEach((one, i) => (one.scrollLeft = sides[i] || 0));
    const focused = at < 0 ? undefined : fresh.querySelectorAll(REACHED)[at];
    if (focused) focused.focus({ preventScroll: true });
  };

  const gone = new Map(); // what a list has no more, by id: a section that one report lacks may be in the next
  const take = (news) => {
    const fresh = new Map();
    for (const [id, html] of news.pieces) {
      const made = element(html), old = document.getElementById(id);
      if (old) replace(old, made);
      else {
        if (gone.has(id)) keep(gone.get(id), made);
        fresh.set(id, made);
      }
    }
    for (const [list, order] of Object.entries(news.lists)) {
      const holder = document.getElementById(list);
      if (!holder) continue;
      const wanted = new Set(order);
      for (const child of [...holder.children]) {
        if (wanted.has(child.id)) continue;
        gone.set(child.id, child);
        child.remove();
      }
      order.forEach((id, index) => {
        const child = document.getElementById(id) || fresh.get(id), there = holder.children[index];
        if (child && child !== there) holder.insertBefore(child, there || null);
      });
    }
    document.title = news.title;
    ahead = news.now - Date.now();
    document.dispatchEvent(new Event("charts"));
    tick();
  };

  const say = (state, text) => {
    link.dataset.state = state;
    link.textContent = text;
  };
  let stream;
  const open = () => {
    const separator = asked.includes("?") ? "&" : "?";
    stream = new EventSource(`${asked}${separator}since=${document.body.dataset.version}`);
    stream.addEventListener("open", () => say("live", "live"));
    stream.addEventListener("message", (event) => {
      const news = JSON.parse(event.data);
      document.body.dataset.version = news.version;
      take(news);
    });
    stream.addEventListener("end", () => {
      stream.close();
      say("ended", "the server has ended: this is its last word");
    });
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) say("ended", "the server no longer answers: this is its last word");
      else if (link.dataset.state !== "ended") say("lost", "connection lost, trying again");
    });
  };

  // A browser has six connections to a server: a page that nobody has seen for minutes gives its own back until it is seen.
  let leaving;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(() => stream.close(), HIDDEN);
    else if (stream.readyState === EventSource.CLOSED && link.dataset.state !== "ended") open();
  });

  tick();
  setInterval(tick, 1000);
  open();
})();
