/* Keys, pointer and fingers; and the veils that come with the pointer and go when it rests. */
function isAwake() {
  return document.body.classList.contains("awake");
}

function wake(seconds = 2.5) {
  const was = isAwake();
  document.body.classList.add("awake");
  document.body.style.setProperty("--head", `${by("head").offsetHeight + 8}px`);
  clearTimeout(wake.timer);
  wake.timer = setTimeout(rest, seconds * 1000);
  if (!was && now.frame()) showWords(now.frame());
}

function rest() {
  if (now.pinned || document.querySelector(".veil:hover")) return wake();
  return document.body.classList.remove("awake");
}

function say(words, seconds = 3) {
  by("said").textContent = words;
  by("said").hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { by("said").hidden = true; }, seconds * 1000);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const does = KEYS[event.key] || KEYS[event.key.toLowerCase()];
  const pressed = event.target.matches("button:focus-visible") && (event.key === " " || event.key === "Enter");
  const covered = isOpen("done") || isOpen("help"); // no decision on a frame that is not seen
  const harmless = ["close", "help", "red", "nextSet", "lastSet"].includes(does);
  if (!does || pressed || !now.sets.length || (covered && !harmless)) return;
  event.preventDefault();
  if (event.repeat && does !== "back" && does !== "on") return;
  DOES[does]();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.does && now.sets.length) DOES[button.dataset.does]();
  if (event.detail) button.blur(); // clicked, not typed: the next Space is for the pictures
});

let last = { x: -1, y: -1 };
document.addEventListener("pointermove", (event) => {
  if (event.clientX === last.x && event.clientY === last.y) return; // the layout moved, not the pointer
  last = { x: event.clientX, y: event.clientY };
  view.point(event);
  if (event.pointerType === "mouse" && !event.buttons) wake();
});

let held = null;
by("stage").addEventListener("pointerdown", (event) => {
  held = { x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY, when: event.timeStamp };
  view.point(event);
  event.target.setPointerCapture(event.pointerId);
});
by("stage").addEventListener("pointermove", (event) => {
  if (!held || !view.zoom || !now.frame()) return;
  const scale = window.devicePixelRatio || 1;
  view.move(now.frame(), (event.clientX - held.x) * scale, (event.clientY - held.y) * scale);
  Object.assign(held, { x: event.clientX, y: event.clientY });
  view.draw(now.frame(), pictures);
});
by("stage").addEventListener("pointerup", (event) => {
  if (!held) return;
  const dx = event.clientX - held.fromX, dy = event.clientY - held.fromY, moved = Math.hypot(dx, dy);
  if (view.zoom && moved > 3) { want(); show(); }
  else if (event.pointerType !== "mouse") touched(event, dx, dy, moved);
  held = null;
});
by("stage").addEventListener("pointercancel", () => { held = null; });

function touched(event, dx, dy, moved) {
  if (moved > 40 && Math.abs(dx) > 2 * Math.abs(dy)) return step(dx < 0 ? 1 : -1);
  if (moved > 12) return undefined;
  if (event.timeStamp - (touched.when || -1000) < 320) {
    touched.when = -1000;
    return zoom();
  }
  touched.when = event.timeStamp;
  return isAwake() ? document.body.classList.remove("awake") : wake(8);
}

by("strip").addEventListener("pointerdown", (event) => {
  stop();
  goTo(placeOnStrip(by("strip"), event, now.order.length));
});
by("strip").addEventListener("pointermove", (event) => {
  if (event.buttons) goTo(placeOnStrip(by("strip"), event, now.order.length));
});

by("choose").hidden = !Saving.mayChoose();
by("choose").addEventListener("click", async () => {
  try {
    await saving.choose();
    say("Verdicts are now saved straight into the library.");
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, 8);
  }
});

window.addEventListener("resize", () => {
  view.fit();
  if (view.zoom && now.frame()) view.hold(now.frame());
  want();
  show();
});
window.addEventListener("beforeunload", (event) => {
  const unsaved = now.sets.some(({ decisions }) => decisions.isTouched() && !decisions.isSaved());
  if (Decisions.forgetful && unsaved) event.preventDefault();
});

try { if (localStorage.getItem("nightbuild|red")) document.documentElement.classList.add("red-light"); } catch { /* as it is */ }
view.fit();
if (now.sets.length) {
  const first = now.sets.findIndex(({ set, decisions }) => !decisions.isSaved() && set.frames.length);
  goToSet(first < 0 ? 0 : first);
} else {
  by("trouble").textContent = "Nothing of this night waits for your eyes any more.";
  by("trouble").hidden = false;
  by("foot").hidden = true;
}
wake(4);
