"use strict";
// Red light for the field: remembered by this browser, on every page.
(() => {
  const root = document.documentElement, key = "nightbuild-red-light";
  const kept = () => { try { return localStorage.getItem(key) === "on"; } catch { return false; } };
  const keep = (on) => { try { localStorage.setItem(key, on ? "on" : "off"); } catch { /* a browser that keeps nothing */ } };
  root.classList.toggle("red-light", kept());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("red");
    const show = () => button.setAttribute("aria-pressed", String(root.classList.contains("red-light")));
    button.hidden = false;
    button.addEventListener("click", () => { keep(root.classList.toggle("red-light")); show(); });
    show();
  });
})();
