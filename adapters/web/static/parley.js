// What pages do beside htmx: sentences light up their messages, links lead to a message that may not be on the page yet,
// exports are dropped, and texts are translated in place. Texts are only ever set as text.
"use strict";
(() => {
  const csrf = document.body.dataset.csrf;
  const list = document.getElementById("messages");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const byId = (id) => document.getElementById(`m-${id}`);
  const silent = "Parley doesn't answer. Is it still running?";

  // What didn't work, in words, at the top of a part of the page; the words before it go.
  const complain = (part, words) => {
    const said = document.createElement("p");
    said.className = "failure";
    said.setAttribute("role", "alert");
    said.textContent = words.trim().slice(0, 300) || silent;
    part?.querySelector(":scope > p.failure")?.remove();
    part?.prepend(said);
  };
  const wordsOf = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const said = [...page.querySelectorAll("main h1, main p:not(:has(a))")].map((each) => each.textContent).join(" ");
    return said || page.body.textContent;
  };

  const light = (event, on) => {
    const part = event.target.closest?.("[data-sources]");
    if (!part) return;
    for (const id of JSON.parse(part.dataset.sources)) byId(id)?.classList.toggle("lit", on);
  };
  for (const [begin, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(begin, (event) => light(event, true));
    document.addEventListener(end, (event) => light(event, false));
  }

  const goTo = (message) => {
    message.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    message.focus({ preventScroll: true });
    message.classList.add("found");
    setTimeout(() => message.classList.remove("found"), 2500);
  };
  const show = async (id) => {
    if (!byId(id)) {
      const answer = await fetch(`${list.dataset.here}/messages?around=${encodeURIComponent(id)}`, { headers: { "HX-Request": "true" } });
      list.innerHTML = await answer.text();
      htmx.process(list);
    }
    if (byId(id)) goTo(byId(id));
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-message]");
    if (!link || !list || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(link.dataset.message);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    const search = document.getElementById("search");
    if (event.key === "/" && !typing && search) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === "Escape" && typing === search && search) document.getElementById("hits").replaceChildren();
  });

  if (list) {
    if (list.dataset.around && byId(list.dataset.around)) goTo(byId(list.dataset.around));
    else list.scrollTop = list.scrollHeight;
  }

  // Translations in place.
  const originals = new Map();
  const restore = (id) => {
    const text = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
    text.textContent = originals.get(id);
    text.removeAttribute("title");
    text.classList.remove("turned");
    originals.delete(id);
    const button = document.querySelector(`[data-turn="${CSS.escape(id)}"]`);
    if (button) button.textContent = "Translate";
  };
  const translate = async (address, ids) => {
    const body = new URLSearchParams({ ids: ids.join("\n"), to: document.getElementById("to").value });
    const answer = await fetch(address, { method: "POST", body, headers: { "X-CSRF-Token": csrf } }).catch(() => null);
    if (!answer?.ok) {
      complain(document.getElementById("hits"), answer ? wordsOf(await answer.text()) : silent);
      return false;
    }
    for (const [id, made] of Object.entries((await answer.json()).messages)) {
      const text = document.querySelector(`[data-id="${CSS.escape(id)}"]`);
      if (!text) continue;
      if (!originals.has(id)) originals.set(id, text.textContent);
      const original = originals.get(id);
      text.textContent = made.text;
      text.title = made.note ? `${original}\n\n${made.note}` : original;
      text.classList.add("turned");
      const button = document.querySelector(`[data-turn="${CSS.escape(id)}"]`);
      if (button) button.textContent = "Original";
    }
    return true;
  };
  document.addEventListener("click", async (event) => {
    const one = event.target.closest?.("[data-turn]");
    const all = event.target.closest?.("[data-translate]");
    if (one && originals.has(one.dataset.turn)) restore(one.dataset.turn);
    else if (one && document.getElementById("to")) {
      one.disabled = true;
      await translate(`${list.dataset.here}/translate`, [one.dataset.turn]);
      one.disabled = false;
    } else if (all && originals.size) {
      for (const id of [...originals.keys()]) restore(id);
      all.textContent = "Translate all shown";
    } else if (all) {
      all.disabled = true;
      all.textContent = "Translating …";
      const ids = [...list.querySelectorAll("[data-id]")].map((each) => each.dataset.id);
      for (let at = 0; at < ids.length; at += 20) if (!await translate(all.dataset.translate, ids.slice(at, at + 20))) break;
      all.textContent = originals.size ? "Show the originals" : "Translate all shown";
      all.disabled = false;
    }
  });

  // Exports that are dropped or chosen.
  const zone = document.querySelector("[data-drop]");
  const upload = (file) => new Promise((done) => {
    const bar = zone.querySelector(".upload");
    bar.hidden = false;
    bar.querySelector("span").textContent = file.name;
    const call = new XMLHttpRequest();
    call.open("PUT", `${zone.dataset.drop}?name=${encodeURIComponent(file.name)}`);
    call.setRequestHeader("X-CSRF-Token", csrf);
    call.setRequestHeader("HX-Request", "true");
    call.upload.onprogress = (step) => { bar.querySelector("progress").value = step.loaded / step.total; };
    call.onloadend = () => {
      bar.hidden = true;
      const part = document.createElement("div");
      if (call.status) part.innerHTML = call.responseText;
      else complain(part, silent);
      document.getElementById("imports").append(part);
      htmx.process(part);
      done();
    };
    call.send(file);
  });
  const uploadAll = async (files) => { for (const file of files) await upload(file); };
  if (zone) {
    zone.querySelector("input").addEventListener("change", (event) => uploadAll([...event.target.files]));
    for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
    for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => { event.preventDefault(); uploadAll([...event.dataTransfer.files]); });
  }

  document.addEventListener("htmx:responseError", (event) => complain(event.detail.target, wordsOf(event.detail.xhr.responseText)));
  document.addEventListener("htmx:sendError", (event) => complain(event.detail.target, silent));
})();
