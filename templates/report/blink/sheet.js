/* The contact sheet: every frame of the set, small, with its verdict as a sign and a colour. */
class Sheet {
  constructor(cards, onOpen) {
    this.cards = cards;
    this.onOpen = onOpen;
    this.shown = new Map(); // frame to card
  }

  fill(set, order, isRejected) {
    this.shown.clear();
    this.cards.replaceChildren(...order.map((frame) => this.card(set, frame)));
    order.forEach((frame) => this.mark(frame, isRejected(frame), false));
  }

  card(set, frame) {
    const card = element("button", { type: "button", className: "card" });
    if (frame.thumb) card.append(element("img", { src: frame.thumb, loading: "lazy", decoding: "async", alt: "" }));
    const words = frame.values.map((value, number) => value && `${set.columns[number]} ${value}`).filter(Boolean);
    card.append(element("b", { className: "sign" }), " ", frame.time || frame.name);
    for (const line of [words.slice(0, 3).join(" · "), frame.suspect, frame.trouble]) {
      if (line) card.append(element("div", { textContent: line }));
    }
    card.addEventListener("click", () => this.onOpen(frame));
    this.shown.set(frame, card);
    return card;
  }

  mark(frame, rejected, current) {
    const card = this.shown.get(frame);
    if (!card) return;
    card.classList.toggle("rejected", rejected);
    card.classList.toggle("suspect", !!frame.suspect);
    card.querySelector(".sign").textContent = rejected ? "✕" : frame.suspect ? "▲" : "✓";
    card.setAttribute("aria-label", `${frame.name}: ${rejected ? "rejected" : "kept"}`);
    if (!current) return;
    for (const other of this.cards.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    card.setAttribute("aria-current", "true");
    card.scrollIntoView({ block: "nearest" });
  }
}

function element(tag, values) {
  return Object.assign(document.createElement(tag), values);
}
