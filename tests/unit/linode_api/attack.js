// What a page from elsewhere may try on the local API, and what came of each.
async (target) => {
  const tried = {};
  const attempt = async (name, work) => { try { tried[name] = await work(); } catch (error) { tried[name] = error.name; } };
  const read = async (path, options) => { const answer = await fetch(target + path, options); return answer.type === "opaque" ? "opaque" : await answer.text(); };
  const body = JSON.stringify({ account: "local" });
  const json = { "Content-Type": "application/json" };
  await attempt("plain post", () => read("/_local/reset", { method: "POST", mode: "no-cors", body }));
  await attempt("json post", () => read("/_local/reset", { method: "POST", headers: json, body }));
  await attempt("put", () => read("/_local/maintenance", { method: "PUT", headers: json, body: '{"on": true}' }));
  await attempt("delete", () => read("/_local/requests", { method: "DELETE" }));
  for (const path of ["/_local/requests", "/_local/requests/1", "/_local/health", "/_local/stream", "/", "/_local/page.js"]) {
    await attempt(`get ${path}`, () => read(path));
    await attempt(`blind ${path}`, () => read(path, { mode: "no-cors" }));
  }
  await attempt("stream", () => new Promise((resolve) => {
    const source = new EventSource(`${target}/_local/stream`);
    for (const topic of ["hello", "things", "message", "open"]) source.addEventListener(topic, () => resolve("heard"));
    source.addEventListener("error", () => { source.close(); resolve("nothing"); });
  }));
  for (const [tag, path] of [["script", "/_local/page.js"], ["script", "/_local/requests"], ["img", "/_local/icon.svg"]]) {
    await attempt(`${tag} ${path}`, () => new Promise((resolve) => {
      const made = document.createElement(tag);
      made.onload = () => resolve("loaded");
      made.onerror = () => resolve("refused");
      made.src = target + path;
      document.body.append(made);
    }));
  }
  await attempt("form", () => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.name = "into";
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: `${target}/_local/reset`, target: "into", enctype: "text/plain" });
    const field = document.createElement("input");
    Object.assign(field, { name: '{"account": "local", "x": "', value: '"}' });
    form.append(field);
    document.body.append(frame, form);
    form.submit();
    setTimeout(() => resolve("sent"), 500);
  }));
  return tried;
}
