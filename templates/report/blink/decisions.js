/* What the person decided about one set. Kept in the browser with every key, so that a closed tab loses nothing. */
class Decisions {
  constructor(page, set) {
    this.set = set;
    this.key = ["nightbuild", page.library, page.rig, page.night, set.id].join("|");
    this.said = new Map(); // stored path to "keep" or "reject", where it differs from what stood before
    this.done = []; // [stored path, what it was before], the latest last
    this.saved = ""; // a print of what was saved
    this.recall();
  }

  isRejected(frame) {
    const said = this.said.get(frame.stored);
    return said ? said === "reject" : frame.rejected;
  }

  rejected() {
    return this.set.frames.filter((frame) => this.isRejected(frame));
  }

  say(frame, verdict) {
    const before = this.isRejected(frame) ? "reject" : "keep";
    if (before === verdict) return false;
    this.done.push([frame.stored, before]);
    this.said.set(frame.stored, verdict);
    this.keep();
    return true;
  }

  /* The frame whose last decision was taken back, or null. */
  undo() {
    const last = this.done.pop();
    if (!last) return null;
    this.said.set(last[0], last[1]);
    this.keep();
    return this.set.frames.find((frame) => frame.stored === last[0]) || null;
  }

  isSaved() {
    return this.saved === this.print();
  }

  isTouched() {
    return this.done.length > 0;
  }

  markSaved() {
    this.saved = this.print();
    this.keep();
  }

  /* What the verdict file says. */
  verdict(page) {
    return {
      format: "nightbuild-verdict",
      version: 1,
      library: page.library,
      rig: page.rig,
      night: page.night,
      set: this.set.id,
      folder: this.set.folder,
      made: localTime(new Date()),
      frames: this.set.frames.map((frame) => {
        const bytes = frame.sha256 ? { sha256: frame.sha256 } : { size: frame.size, mtime_ns: frame.mtime_ns };
        return { stored: frame.stored, ...bytes, verdict: this.isRejected(frame) ? "reject" : "keep" };
      }),
    };
  }

  print() {
    let hash = 5381;
    for (const frame of this.set.frames) {
      for (const char of frame.stored + (this.isRejected(frame) ? "\0x" : "\0k")) {
        hash = (hash * 33 + char.codePointAt(0)) % 4503599627370496;
      }
    }
    return `${this.set.frames.length}-${hash.toString(36)}`;
  }

  keep() {
    try {
      const told = { said: [...this.said], done: this.done, saved: this.saved };
      localStorage.setItem(this.key, JSON.stringify(told));
    } catch {
      Decisions.forgetful = true;
    }
  }

  recall() {
    let told = null;
    try {
      told = JSON.parse(localStorage.getItem(this.key) || "null");
    } catch {
      Decisions.forgetful = true;
    }
    if (!told || typeof told !== "object") return;
    const known = new Set(this.set.frames.map((frame) => frame.stored));
    const sound = (pair) => Array.isArray(pair) && known.has(pair[0]) && ["keep", "reject"].includes(pair[1]);
    if (Array.isArray(told.said)) this.said = new Map(told.said.filter(sound));
    if (Array.isArray(told.done)) this.done = told.done.filter(sound);
    if (typeof told.saved === "string") this.saved = told.saved;
  }
}
Decisions.forgetful = false; // this browser keeps nothing: said once, and asked about before the tab closes

/* The hour as the person's clock shows it, with its zone. */
function localTime(date) {
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  const hour = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const east = -date.getTimezoneOffset();
  return `${day}T${hour}${east < 0 ? "-" : "+"}${two(east / 60)}:${two(east % 60)}`;
}
