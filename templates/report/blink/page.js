/* The page itself: where we are, what the keys do, what is shown. */
const page = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const SPEEDS = [0.5, 1, 2, 3, 5, 8, 12, 20]; // frames a second
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

const view = new View(by("picture"));
const pictures = new Pictures((frame) => frame === now.frame() && show());
const saving = new Saving(page);
const sheet = new Sheet(by("cards"), (frame) => { open("sheet", false); goTo(now.order.indexOf(frame)); });

const now = {
  sets: page.sets.map((set, number) => {
    set.frames.forEach((frame, place) => { frame.key = `${number}.${place}`; });
    return { set, decisions: new Decisions(page, set), said: "" };
  }),
  number: -1, order: [], at: 0, direction: 1, worstFirst: false, playing: 0, pinned: false, drawn: null,
  speed: SPEEDS.indexOf(calm ? 2 : 5),
  here() { return this.sets[this.number]; },
  frame() { return this.order[this.at]; },
};

function goToSet(number) {
  stop();
  now.number = number;
  now.worstFirst = now.here().set.held;
  now.order = inOrder(now.here().set, now.worstFirst);
  now.at = 0;
  view.zoom = null;
  view.clear();
  DOES.close();
  showSets();
  by("trouble").hidden = now.order.length > 0;
  by("trouble").textContent = "This set has no frames.";
  goTo(0);
}

function goTo(at, direction = 1) {
  const count = now.order.length;
  if (!count) return;
  now.at = ((at % count) + count) % count;
  now.direction = direction;
  now.drawn = null;
  want();
  show();
  setTimeout(() => { if (!now.drawn) show("…"); }, 150);
}

function want() {
  if (now.frame()) pictures.want(now.order, now.at, now.direction, view.crop(now.frame()));
}

/* Show the frame we are at, as far as its picture is there. */
function show(meanwhile = "") {
  const frame = now.frame(), trouble = by("trouble");
  if (!frame) return;
  view.fit();
  const shown = !!frame.preview && view.draw(frame, pictures);
  const failed = !shown && pictures.isSettled(frame, null);
  if (shown || failed) now.drawn = frame;
  if (failed || meanwhile) view.clear();
  trouble.hidden = !failed && !(meanwhile && !shown);
  trouble.textContent = failed ? frame.trouble || "no preview: the picture beside this page is missing" : meanwhile;
  if (now.drawn) document.documentElement.dataset.shown = frame.stored;
  showSigns(frame);
  if (isAwake()) showWords(frame);
}

function showSigns(frame) {
  const rejected = now.here().decisions.isRejected(frame);
  const signs = [];
  if (rejected) signs.push(element("span", { textContent: "✕ rejected" }));
  if (frame.suspect) signs.push(element("span", { textContent: "▲ suspect", className: "doubt" }));
  by("signs").replaceChildren(...signs);
  sheet.mark(frame, rejected, isOpen("sheet"));
}

function showWords(frame) {
  const { set, decisions } = now.here(), rejected = decisions.rejected().length;
  by("place").textContent = `${now.at + 1} of ${set.frames.length}, ${rejected} rejected`;
  by("time").textContent = frame.time;
  by("name").textContent = frame.name;
  by("why").textContent = [frame.suspect && `▲ ${frame.suspect}`, frame.verdict].filter(Boolean).join(" · ");
  by("why").className = frame.suspect ? "doubt" : "quiet";
  by("measures").replaceChildren(...set.columns.map((column, number) => {
    const over = frame.over.includes(column), text = frame.values[number] || "–";
    const value = element("dd", { textContent: over ? `▲ ${text}` : text, className: over ? "doubt" : "" });
    const row = element("div", {});
    row.append(element("dt", { textContent: column }), value);
    return row;
  }));
  by("play").textContent = now.playing ? "❚❚ stop" : "▶ play";
  by("sort").textContent = now.worstFirst ? "as taken" : "worst first";
  drawStrip(by("strip"), set, now.order, now.at, (each) => decisions.isRejected(each));
}

function showSets() {
  by("sets").replaceChildren(...now.sets.map(({ set, decisions }, number) => {
    const sign = decisions.isSaved() ? "✓ " : set.held ? "▲ " : "";
    const button = element("button", { type: "button", textContent: `${sign}${set.label} (${set.frames.length})` });
    button.title = decisions.isSaved() ? "saved" : set.held ? "asks you" : "not finished";
    if (number === now.number) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => goToSet(number));
    const item = element("li", {});
    item.append(button);
    return item;
  }));
  by("notes").replaceChildren(...now.here().set.notes.map((note) => element("p", { textContent: note })));
}

function play() {
  if (now.playing || now.order.length < 2) return stop();
  const step = () => {
    const next = now.order[(now.at + 1) % now.order.length];
    const ready = pictures.isSettled(next, view.crop(next));
    if (ready) goTo(now.at + 1);
    now.playing = setTimeout(step, ready ? 1000 / SPEEDS[now.speed] : 20); // nothing is skipped: it waits
  };
  now.playing = setTimeout(step, 1000 / SPEEDS[now.speed]);
  show();
}

function stop() {
  clearTimeout(now.playing);
  const was = now.playing;
  now.playing = 0;
  if (was) show();
}

function step(by) {
  stop();
  goTo(now.at + by, Math.sign(by));
}

function decide(verdict) {
  const frame = now.frame();
  if (!frame) return;
  if (!now.here().decisions.say(frame, verdict)) say(`This frame is ${verdict === "reject" ? "rejected" : "kept"} already.`);
  if (Decisions.forgetful) say("This browser keeps nothing for this page: finish the set (Enter) before you close the tab.");
  show();
  showSets();
}

function undo() {
  const frame = now.here().decisions.undo();
  if (!frame) return say("Nothing to undo in this set.");
  stop();
  goTo(now.order.indexOf(frame));
  showSets();
  return say(`Undone: this frame is ${now.here().decisions.isRejected(frame) ? "rejected" : "kept"} again.`);
}

function zoom() {
  const frame = now.frame();
  if (!frame || !frame.preview) return;
  view.toggle(frame);
  if (view.zoom && !frame.full) say("No picture with every pixel was made of this frame: this is its preview, enlarged.");
  want();
  show();
}

function sort() {
  const frame = now.frame();
  stop();
  now.worstFirst = !now.worstFirst;
  now.order = inOrder(now.here().set, now.worstFirst);
  say(now.worstFirst ? "Worst first." : "In the order they were taken.");
  if (isOpen("sheet")) fillSheet();
  goTo(now.worstFirst ? 0 : now.order.indexOf(frame));
}

function setSpeed(by) {
  now.speed = Math.max(0, Math.min(SPEEDS.length - 1, now.speed + by));
  say(`${SPEEDS[now.speed]} frames a second`);
}

async function finish() {
  if (now.finishing || !now.order.length) return;
  now.finishing = true;
  stop();
  const one = now.here(), { set, decisions } = one;
  try {
    const where = await saving.save(set.verdictName, `${JSON.stringify(decisions.verdict(page), null, 1)}\n`);
    const rejected = decisions.rejected().length;
    one.said = `${set.label}: ${rejected} rejected, ${set.frames.length - rejected} kept. ${where}`;
    decisions.markSaved();
    if (goOn()) say(one.said, 8);
  } finally {
    now.finishing = false;
  }
}

/* To the next set that is not finished: true; or to the end. */
function goOn() {
  const count = now.sets.length;
  for (let step = 1; step < count; step++) {
    const number = (now.number + step) % count;
    if (!now.sets[number].decisions.isSaved() && now.sets[number].set.frames.length) {
      goToSet(number);
      return true;
    }
  }
  showSets();
  open("sheet", false);
  const lines = now.sets.map((one) => one.said || `${one.set.label}: saved before.`);
  by("done-words").replaceChildren(...lines.map((line) => element("p", { textContent: line })));
  open("done", true);
  return false;
}

function fillSheet() {
  const { set, decisions } = now.here();
  by("sheet-title").textContent = set.label;
  sheet.fill(set, now.order, (frame) => decisions.isRejected(frame));
  if (now.frame()) sheet.mark(now.frame(), decisions.isRejected(now.frame()), true);
}

function toggleSheet() {
  stop();
  open("help", false);
  open("sheet", !isOpen("sheet"));
  if (isOpen("sheet")) fillSheet();
}

function redLight() {
  const on = document.documentElement.classList.toggle("red-light");
  document.querySelector("[data-does=red]").setAttribute("aria-pressed", String(on));
  try { localStorage.setItem("nightbuild|red", on ? "1" : ""); } catch { /* then it is pressed again next time */ }
  show();
}

const isOpen = (id) => !by(id).hidden;
const open = (id, wanted) => { by(id).hidden = !wanted; };
const DOES = {
  play, undo, zoom, sort, finish,
  back: () => step(-1), on: () => step(1),
  reject: () => decide("reject"), keep: () => decide("keep"),
  slower: () => setSpeed(-1), faster: () => setSpeed(1),
  sheet: toggleSheet, red: redLight,
  help: () => open("help", !isOpen("help")), done: () => open("done", false),
  pin: () => { now.pinned = !now.pinned; wake(); say(now.pinned ? "The measures stay." : "The measures hide when the pointer rests."); },
  nextSet: () => goToSet((now.number + 1) % now.sets.length),
  lastSet: () => goToSet((now.number + now.sets.length - 1) % now.sets.length),
  close: () => ["help", "sheet", "done"].forEach((id) => open(id, false)),
};
const KEYS = {
  " ": "play", ArrowLeft: "back", ArrowRight: "on", x: "reject", u: "undo", k: "keep", z: "zoom", "[": "slower", "]": "faster",
  s: "sort", c: "sheet", i: "pin", n: "nextSet", p: "lastSet", r: "red", "?": "help", Enter: "finish", Escape: "close",
};
