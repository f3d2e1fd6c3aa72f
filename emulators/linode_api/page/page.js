// The page of the local API: listens to /_local/stream and shows what it says, and sets what the controls offer.
// What is shown comes from anybody, so all of it goes in as text: nothing here makes markup of it.

const TICK_MS = 500;
const SPEAK_EACH_MS = 4000;
const AGAIN_AFTER_MS = 2000;
const MOST_REQUESTS = 200;
const MOST_EVENTS = 500;
const OPEN_AT_FIRST = new Set(["volume", "nodebalancer", "firewall", "vpc", "domain", "placement_group", "reserved"]);

const $ = (id) => document.getElementById(id);
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const smallDollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 4 });
const number = new Intl.NumberFormat("en-US");

// ---- elements

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

// Rows of a table by key: a row that stays is changed in place, so that focus and open parts stay, too.
class Rows {
  constructor(body, make, fill, { newestFirst = false, most = Infinity } = {}) {
    Object.assign(this, { body, make, fill, newestFirst, most, rows: new Map() });
  }

  put(key, data) {
    let row = this.rows.get(key);
    if (!row) {
      row = this.make(key);
      this.rows.set(key, row);
      if (this.newestFirst) this.body.prepend(...[row.tr, row.more].filter(Boolean));
      else this.body.append(row.tr);
    }
    row.data = data;
    this.fill(row, data);
    while (this.rows.size > this.most) this.drop(this.rows.keys().next().value);
  }

  drop(key) {
    const row = this.rows.get(key);
    this.rows.delete(key);
    row?.tr.remove();
    row?.more?.remove();
  }

  // The rows are these and no others, in this order.
  all(entries) {
    const keys = new Set(entries.map(([key]) => key));
    for (const key of [...this.rows.keys()]) if (!keys.has(key)) this.drop(key);
    for (const [key, data] of entries) this.put(key, data);
  }

  clear() {
    for (const key of [...this.rows.keys()]) this.drop(key);
  }
}

// ---- state

const shown = { time: null, heardAt: 0, counts: {}, titles: new Map(), order: [], fresh: false };
const shelves = new Map();
let source = null;
let account = new URLSearchParams(location.search).get("account") ?? "";

// Seconds since 1970, by the API's clock.
function apiNow() {
  if (!shown.time) return Date.now() / 1000;
  return shown.time.held ? shown.time.now : shown.time.now + (performance.now() - shown.heardAt) / 1000;
}

function clockText(moment) {
  return new Date(moment * 1000).toISOString().slice(11, 19);
}

// Of the API's time.
function lasting(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 90) return `${whole} s`;
  return whole < 5400 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
}

function look(status) {
  if (["running", "active", "available", "enabled", "ready", "finished", "UP", "successful"].includes(status)) return "good";
  if (["offline", "disabled", "notification", "Unknown"].includes(status)) return "still";
  return ["failed", "DOWN"].includes(status) ? "bad" : "moving";
}

function statusInto(node, status) {
  say(node, status ? status.replaceAll("_", " ") : "");
  set(node, "data-look", status ? look(status) : "none");
}

// ---- Linodes

const [busy, idle] = $("linode-table").tBodies;

const linodes = new Rows(
  idle,
  (key) => {
    const parts = {
      name: el("span", { class: "name" }), tags: el("span", { class: "tags" }), meta: el("span", { class: "meta narrow" }),
      status: el("span", { class: "status" }), doing: el("span", { class: "doing" }),
      plan: el("td", { class: "wide" }), region: el("td", { class: "wide" }),
      address: el("td", { class: "wide" }), price: el("td", { class: "wide number" }),
    };
    const tr = el("tr", {},
      el("th", { scope: "row" }, parts.name, parts.tags, parts.meta),
      el("td", {}, parts.status, parts.doing),
      parts.plan, parts.region, parts.address, parts.price);
    return { tr, key: Number(key), ...parts };
  },
  (row, linode) => {
    say(row.name, linode.label);
    say(row.tags, linode.tags.join(", "));
    say(row.meta, [linode.type, linode.region, linode.address].filter(Boolean).join(", "));
    statusInto(row.status, linode.status);
    say(row.plan, linode.type);
    say(row.region, linode.region);
    say(row.address, linode.address ?? "");
    say(row.price, dollars.format(linode.monthly));
    fillDoing(row, linode);
    place(row, linode.jobs.length ? busy : idle);
    row.text = [linode.label, linode.status, linode.region, linode.type, linode.address, ...linode.tags].join(" ").toLowerCase();
    row.tr.hidden = !row.text.includes(wanted());
  },
);

// Among the busy ones or the others, by id.
function place(row, body) {
  if (row.body === body) return;
  row.body = body;
  row.tr.row = row;
  const after = [...body.rows].find((tr) => tr !== row.tr && tr.row?.key > row.key);
  body.insertBefore(row.tr, after ?? null);
}

function fillDoing(row, linode) {
  const [job, ...next] = linode.jobs;
  if (!job) {
    row.doing.replaceChildren();
    row.bar = null;
    return;
  }
  if (!row.bar) {
    row.bar = el("progress", { max: 100 });
    row.words = el("span");
    row.doing.replaceChildren(row.bar, row.words);
  }
  row.bar.value = job.percent;
  set(row.bar, "aria-label", `${job.action} of ${linode.label}`);
  row.job = job;
  row.next = next.map((one) => one.action);
  fillLeft(row);
}

function fillLeft(row) {
  const after = row.next.length ? `, then ${row.next.join(", ")}` : "";
  const left = lasting((row.job.ends - apiNow()) * row.job.speed);
  say(row.words, `${row.job.action} ${row.job.percent} %, ${left} left${after}`);
}

function wanted() {
  return $("find").value.trim().toLowerCase();
}

function find() {
  let found = 0;
  for (const row of linodes.rows.values()) {
    row.tr.hidden = !row.text.includes(wanted());
    found += row.tr.hidden ? 0 : 1;
  }
  return found;
}

function fillLinodeNotes() {
  const all = shown.counts.linode ?? 0;
  const here = linodes.rows.size;
  const found = wanted() ? find() : here;
  $("no-linodes").hidden = all > 0;
  $("linode-table").hidden = all === 0;
  $("find").hidden = all === 0;
  const notes = [];
  if (wanted()) notes.push(`${number.format(found)} of ${number.format(here)} Linodes match.`);
  if (all > here) notes.push(`Shown are ${number.format(here)} of ${number.format(all)}: the busy ones and the newest.`);
  say($("linodes-left"), notes.join(" "));
  $("linodes-left").hidden = !notes.length;
  const byStatus = new Map();
  for (const { data } of linodes.rows.values()) byStatus.set(data.status, (byStatus.get(data.status) ?? 0) + 1);
  const entries = [...byStatus].sort(([one], [other]) => one.localeCompare(other));
  const items = entries.map(([status, count]) => {
    const item = el("li", { class: "status" });
    statusInto(item, status);
    item.prepend(el("b", {}, number.format(count)), " ");
    return item;
  });
  const now = items.map((item) => item.textContent).join();
  if (shown.statuses !== now) $("statuses").replaceChildren(...items);
  shown.statuses = now;
}

// ---- every other kind of thing

function shelf(kind) {
  if (shelves.has(kind)) return shelves.get(kind);
  const count = el("span", { class: "count" });
  const title = shown.titles.get(kind) ?? kind;
  const body = el("tbody");
  const box = el("div", { class: "scroll", role: "region", "aria-label": title },
    el("table", {},
      el("caption", { class: "unseen" }, title),
      el("colgroup", {}, el("col", { class: "thing" }), el("col", { class: "status-of" }), el("col", { class: "wide region-of" }), el("col")),
      el("thead", {}, el("tr", {},
        el("th", { scope: "col" }, "Label"), el("th", { scope: "col" }, "Status"),
        el("th", { scope: "col", class: "wide" }, "Region"), el("th", { scope: "col" }, "Details"))),
      body));
  const note = el("p", { class: "note", hidden: true });
  const details = el("details", { class: "shelf", open: OPEN_AT_FIRST.has(kind) },
    el("summary", {}, el("h3", {}, title), " ", count), box, note);
  const made = { kind, details, count, box, note, rows: new Rows(body, makeThing, fillThing) };
  const later = shown.order.slice(shown.order.indexOf(kind) + 1).find((one) => shelves.has(one));
  $("shelves").insertBefore(details, later ? shelves.get(later).details : null);
  shelves.set(kind, made);
  return made;
}

function makeThing() {
  const parts = {
    name: el("span", { class: "name" }), tags: el("span", { class: "tags" }), of: el("span", { class: "meta" }),
    status: el("span", { class: "status" }), region: el("td", { class: "wide" }), about: el("td"),
  };
  const tr = el("tr", {}, el("th", { scope: "row" }, parts.name, parts.tags, parts.of), el("td", {}, parts.status), parts.region, parts.about);
  return { tr, ...parts };
}

function fillThing(row, thing) {
  say(row.name, thing.label);
  say(row.tags, thing.tags.join(", "));
  say(row.of, thing.of ? `in ${thing.of}` : "");
  statusInto(row.status, thing.status);
  say(row.region, thing.region ?? "");
  say(row.about, thing.about);
}

function rowsOf(kind) {
  return kind === "linode" ? linodes : shelf(kind).rows;
}

function things({ set: changed, gone }) {
  for (const [kind, rows] of Object.entries(changed)) {
    const into = rowsOf(kind);
    if (shown.fresh) into.all(Object.entries(rows));
    else for (const [key, row] of Object.entries(rows)) into.put(key, row);
  }
  if (shown.fresh) {
    for (const kind of ["linode", ...shelves.keys()]) if (!(kind in changed)) rowsOf(kind).clear();
    shown.fresh = false;
  }
  for (const [kind, keys] of Object.entries(gone)) for (const key of keys) rowsOf(kind).drop(key);
  fillShelves();
  fillLinodeNotes();
  fillFinish();
}

function fillShelves() {
  for (const one of shelves.values()) {
    const all = shown.counts[one.kind] ?? 0;
    const here = one.rows.rows.size;
    one.details.hidden = here === 0;
    say(one.count, number.format(Math.max(all, here)));
    one.note.hidden = all <= here;
    say(one.note, all > here ? `Shown are the newest ${number.format(here)}.` : "");
  }
  $("no-others").hidden = [...shelves.values()].some((one) => !one.details.hidden);
}

function counts(now) {
  shown.counts = now;
  const others = Object.entries(now).filter(([kind]) => !["linode", "busy", "user", "token"].includes(kind));
  say($("figure-linodes"), number.format(now.linode ?? 0));
  say($("figure-busy"), number.format(now.busy));
  say($("figure-others"), number.format(others.reduce((sum, [, count]) => sum + count, 0)));
  fillShelves();
  fillLinodeNotes();
}

// ---- costs

const costRows = new Rows(
  $("cost-table").tBodies[0],
  () => {
    const cells = [el("th", { scope: "row" }), ...[1, 2, 3].map(() => el("td", { class: "number" }))];
    return { tr: el("tr", {}, ...cells), cells };
  },
  ({ cells }, line) => {
    say(cells[0], line.what);
    say(cells[1], number.format(line.count));
    say(cells[2], smallDollars.format(line.hourly));
    say(cells[3], dollars.format(line.monthly));
  },
);

function costs(lines) {
  costRows.all(lines.map((line) => [line.what, line]));
  const sum = (name) => lines.reduce((total, line) => total + line[name], 0);
  $("cost-table").tFoot.replaceChildren(el("tr", {},
    el("th", { scope: "row" }, "Total"), el("td"),
    el("td", { class: "number" }, smallDollars.format(sum("hourly"))),
    el("td", { class: "number" }, dollars.format(sum("monthly")))));
  say($("figure-cost"), dollars.format(sum("monthly")));
}

// ---- events

const events = new Rows(
  $("event-table").tBodies[0],
  () => {
    const parts = {
      action: el("span", { class: "name" }), about: el("span", { class: "meta" }),
      status: el("span", { class: "status" }), took: el("span", { class: "meta" }),
    };
    return { tr: el("tr", {}, el("th", { scope: "row" }, parts.action, parts.about), el("td", {}, parts.status, parts.took)), ...parts };
  },
  (row, event) => {
    say(row.action, event.action);
    const other = event.secondary_entity?.type === "linode_config" ? null : event.secondary_entity?.label;
    say(row.about, [event.entity?.label, other, event.created.slice(11)].filter(Boolean).join(", "));
    statusInto(row.status, event.status);
    if (event.status === "notification") say(row.status, "done");
    const going = event.status === "started" ? `${event.percent_complete} %` : "";
    say(row.took, going || (event.status === "finished" ? `took ${lasting(event.duration)}` : ""));
  },
  { newestFirst: true, most: MOST_EVENTS },
);

function happened(rows) {
  for (const event of rows.slice(-MOST_EVENTS)) events.put(event.id, event);
  fillEventNotes();
  if (shown.settled) speak(rows.filter((event) => event.status !== "started" && event.status !== "scheduled").map(sentence));
}

function fillEventNotes() {
  $("no-events").hidden = events.rows.size > 0;
  $("event-table").hidden = events.rows.size === 0;
}

function sentence(event) {
  const what = event.status === "notification" ? "done" : event.status;
  return `${event.action}${event.entity ? ` of ${event.entity.label}` : ""}: ${what}`;
}

// ---- requests

const requests = new Rows(
  $("request-table").tBodies[0],
  (id) => {
    const parts = {
      method: el("span", { class: "method" }), path: el("span", { class: "path" }), meta: el("span", { class: "meta" }),
      status: el("span", { class: "code" }), fault: el("span", { class: "fault" }),
      account: el("td", { class: "wide" }), took: el("td", { class: "wide number" }), at: el("td", { class: "number" }),
    };
    const box = el("td", { colspan: 5 });
    const more = el("tr", { class: "more", id: `request-${id}`, hidden: true }, box);
    const button = el("button", { type: "button", class: "opens", "aria-expanded": "false", "aria-controls": more.id },
      parts.method, parts.path);
    const tr = el("tr", {}, el("th", { scope: "row" }, button, parts.meta), el("td", {}, parts.status, parts.fault),
      parts.account, parts.took, parts.at);
    button.addEventListener("click", () => {
      more.hidden = !more.hidden;
      set(button, "aria-expanded", String(!more.hidden));
      if (!more.hidden) open(id, box);
    });
    return { tr, more, ...parts };
  },
  (row, request) => {
    say(row.method, request.method);
    say(row.path, request.path);
    say(row.meta, [request.query && `?${request.query}`, request.filter && `X-Filter: ${request.filter}`].filter(Boolean).join(" "));
    say(row.status, request.status ? String(request.status) : "no answer");
    set(row.status, "data-look", request.status >= 500 || !request.status ? "bad" : request.status >= 400 ? "refused" : "good");
    say(row.fault, request.fault ? `fault: ${request.fault}` : "");
    say(row.account, request.account ?? "–");
    say(row.took, request.took_ms === null ? "" : `${number.format(request.took_ms)} ms`);
    say(row.at, clockText(request.at));
  },
  { newestFirst: true, most: MOST_REQUESTS },
);

function asked(rows) {
  for (const request of rows) requests.put(request.id, request);
  fillRequestNotes();
}

function fillRequestNotes() {
  $("no-requests").hidden = requests.rows.size > 0;
  $("request-table").hidden = requests.rows.size === 0;
  $("forget").hidden = requests.rows.size === 0;
}

async function open(id, box) {
  const found = await ask("GET", `/requests/${id}`);
  if (!found) return;
  const headers = Object.entries(found.headers ?? {}).map(([name, value]) => `${name}: ${value}`).join("\n");
  const gone = found.headers === null;
  box.replaceChildren(
    ...part("Sent", gone ? "(no longer kept)" : found.sent || "(no body)"),
    ...part("Answered", gone ? "(no longer kept)" : found.answered === null ? "(nothing: the connection was cut)" : found.answered || "(no body)"),
    ...(headers ? part("Headers of the answer", headers) : []),
  );
}

function part(title, text) {
  return [el("h3", {}, title), el("pre", { tabindex: 0, role: "region", "aria-label": title }, legible(text))];
}

function legible(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// ---- time, faults, limits

function time(moment) {
  shown.time = moment;
  shown.heardAt = performance.now();
  set($("hold"), "aria-checked", String(moment.held));
  document.body.classList.toggle("held", moment.held);
  const speed = String(moment.speed);
  if (![...$("speed").options].some((one) => one.value === speed)) $("speed").append(el("option", { value: speed }, number.format(moment.speed)));
  if (document.activeElement !== $("speed")) $("speed").value = speed;
  tick();
}

function fillFinish() {
  const ends = [...linodes.rows.values()].flatMap(({ data }) => data.jobs.map((job) => job.ends));
  shown.lastEnd = ends.length ? Math.max(...ends) : null;
  $("finish").disabled = shown.lastEnd === null;
}

// A button that goes with its fault leaves the focus to their list, unless somebody has moved it meanwhile.
function refocus(button) {
  if (document.activeElement === button || document.activeElement === document.body) $("faults").focus();
}

const faults = new Rows(
  $("fault-table").tBodies[0],
  (id) => {
    const name = el("span", { class: "name" });
    const meta = el("span", { class: "meta" });
    const fired = el("td", { class: "number" });
    const toggle = el("button", { type: "button", role: "switch" });
    const remove = el("button", { type: "button", class: "quiet cross" }, "×");
    toggle.addEventListener("click", () => ask("PUT", `/faults/${id}`, { on: toggle.getAttribute("aria-checked") !== "true" }));
    remove.addEventListener("click", () => ask("DELETE", `/faults/${id}`).then(() => refocus(remove)));
    return { tr: el("tr", {}, el("th", { scope: "row" }, name, meta), fired, el("td", {}, toggle), el("td", {}, remove)), name, meta, fired, toggle, remove };
  },
  (row, rule) => {
    say(row.name, rule.kind);
    const parts = [`${rule.method ?? "any"} ${rule.path}`];
    if (rule.probability < 1) parts.push(`${Math.round(rule.probability * 100)} of 100`);
    if (rule.skip) parts.push(`after ${rule.skip}`);
    say(row.meta, parts.join(", "));
    say(row.fired, rule.times === null ? String(rule.fired) : `${rule.fired} of ${rule.times}`);
    set(row.toggle, "aria-checked", String(rule.on));
    set(row.toggle, "aria-label", `Fault ${rule.kind}, ${parts[0]}`);
    set(row.remove, "aria-label", `Remove fault ${rule.kind}, ${parts[0]}`);
  },
);

const windows = new Rows(
  $("window-table").tBodies[0],
  () => {
    const parts = { name: el("span", { class: "name" }), meta: el("span", { class: "meta" }), used: el("td", { class: "number" }), left: el("td", { class: "number" }) };
    return { tr: el("tr", {}, el("th", { scope: "row" }, parts.name, parts.meta), parts.used, parts.left), ...parts };
  },
  (row, one) => {
    say(row.name, one.budget);
    say(row.meta, one.caller);
    say(row.used, `${number.format(one.used)} of ${number.format(one.limit)}`);
    set(row.used, "data-look", one.used > one.limit ? "bad" : "none");
  },
);

function controls({ rules, maintenance, limits }) {
  set($("maintenance"), "aria-checked", String(maintenance));
  faults.all(rules.map((rule) => [rule.id, rule]));
  $("fault-table").hidden = $("clear-faults").hidden = rules.length === 0;
  set($("limits-on"), "aria-checked", String(limits.on));
  if (document.activeElement !== $("latency")) $("latency").value = limits.latency_s;
  windows.all(limits.windows.map((one) => [`${one.caller}/${one.budget}`, one]));
  $("window-table").hidden = $("clear-limits").hidden = limits.windows.length === 0;
  tick();
}

async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  try {
    const answer = await fetch(`/_local${path}`, options);
    const found = await answer.json();
    trouble(answer.ok ? "" : `Not done: ${found.error ?? answer.status}`);
    return answer.ok ? found : null;
  } catch {
    trouble("Not done: the local API does not answer.");
    return null;
  }
}

function trouble(text) {
  $("problem").hidden = !text;
  say($("problem"), text);
}

function isOn(node) {
  return node.getAttribute("aria-checked") === "true";
}

$("hold").addEventListener("click", () => ask("PUT", "/time", { held: !isOn($("hold")) }));
$("speed").addEventListener("change", () => ask("PUT", "/time", { speed: Number($("speed").value) }));
$("maintenance").addEventListener("click", () => ask("PUT", "/maintenance", { on: !isOn($("maintenance")) }));
$("limits-on").addEventListener("click", () => ask("PUT", "/limits", { on: !isOn($("limits-on")) }));
$("latency").addEventListener("change", () => ask("PUT", "/limits", { latency_s: Number($("latency").value) }));
$("clear-limits").addEventListener("click", () => ask("DELETE", "/limits"));
$("clear-faults").addEventListener("click", () => ask("DELETE", "/faults").then(() => refocus($("clear-faults"))));
$("forget").addEventListener("click", () => ask("DELETE", "/requests"));
$("finish").addEventListener("click", () => ask("PUT", "/time", { advance_s: Math.max(0, (shown.lastEnd - apiNow()) * shown.time.speed) + 0.001 }));
for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => ask("PUT", "/time", { advance_s: Number(button.dataset.step) }));
}
$("find").addEventListener("input", () => {
  find();
  fillLinodeNotes();
});
$("new-fault").addEventListener("submit", async (event) => {
  event.preventDefault();
  const rule = { kind: $("kind").value, path: $("path").value || "**", probability: Number($("percent").value) / 100 };
  if ($("method").value) rule.method = $("method").value;
  if ($("times").value) rule.times = Number($("times").value);
  if (await ask("POST", "/faults", rule)) speak([`Fault ${rule.kind} is on`]);
});
$("account").addEventListener("change", () => {
  account = $("account").value;
  history.replaceState(null, "", `?account=${encodeURIComponent(account)}`);
  listen();
});

// ---- what is spoken

let sentences = [];

function speak(more) {
  sentences.push(...more);
}

setInterval(() => {
  if (!sentences.length) return;
  const last = sentences.at(-1);
  say($("news"), sentences.length > 3 ? `${sentences.length} events, the last: ${last}` : sentences.join(". "));
  sentences = [];
}, SPEAK_EACH_MS);

// ---- the stream

const topics = {
  hello() {
    shown.fresh = true;
    shown.settled = false;
    events.clear();
    requests.clear();
    fillEventNotes();
    fillRequestNotes();
    shown.counts = {};
  },
  accounts({ names, shown: current }) {
    $("account").replaceChildren(...names.map((name) => el("option", { value: name }, name)));
    if (current !== null) $("account").value = current;
    $("account").disabled = names.length < 2;
  },
  kinds({ things: kinds, faults: known }) {
    shown.order = kinds.map(({ kind }) => kind);
    shown.titles = new Map(kinds.map(({ kind, title }) => [kind, title]));
    const chosen = $("kind").value;
    $("kind").replaceChildren(...Object.entries(known).map(([kind, words]) => el("option", { value: kind }, `${kind}: ${words}`)));
    if (chosen) $("kind").value = chosen;
  },
  time, controls, things, counts, costs, events: happened, requests: asked,
};

function connection(state, words) {
  set($("connection"), "data-state", state);
  say($("connection"), words);
  document.body.classList.toggle("stale", state === "lost");
}

function listen() {
  source?.close();
  const opened = new EventSource(`/_local/stream?account=${encodeURIComponent(account)}`);
  source = opened;
  opened.addEventListener("open", () => connection("live", "live"));
  opened.addEventListener("error", () => {
    if (source !== opened) return;
    connection("lost", "not connected, trying again");
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && listen(), AGAIN_AFTER_MS);
  });
  for (const [topic, heard] of Object.entries(topics)) {
    opened.addEventListener(topic, ({ data }) => {
      heard(JSON.parse(data));
      if (topic !== "hello") setTimeout(() => (shown.settled = true), TICK_MS);
    });
  }
}

// A hidden page listens to nothing: a browser opens few connections to one server.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") listen();
  else source?.close();
});

function tick() {
  const now = apiNow();
  say($("now"), new Date(now * 1000).toISOString().slice(0, 19).replace("T", " "));
  for (const row of linodes.rows.values()) if (row.bar) fillLeft(row);
  for (const row of windows.rows.values()) say(row.left, lasting((row.data.closes - now) * (shown.time?.speed ?? 1)));
  for (const { box } of shelves.values()) {
    if (box.scrollHeight > box.clientHeight) set(box, "tabindex", "0");
    else box.removeAttribute("tabindex");
  }
}

setInterval(tick, TICK_MS);
say($("address"), `${location.origin}/v4`);
listen();
ask("GET", "/health").then((health) => {
  if (health) say($("about"), `${health.url}/v4, process ${health.pid}, database ${health.database}, started ${health.started.replace("T", " ")} UTC`);
});
