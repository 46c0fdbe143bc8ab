// Fetches the page anew each minute, unless somebody is filling in a form: what they typed is not thrown away.
// Without scripts the page does so by itself. A page that cannot be fetched says so: its alerts are old.
"use strict";

const MINUTE = 60_000;
const fresh = document.getElementById("fresh");

function busy() {
  return document.querySelector("details[open]") !== null;
}

async function refresh() {
  if (busy()) {
    fresh.classList.add("stale");
    fresh.title = "The page waits while a form is open.";
    fresh.dataset.state = "paused while a form is open";
    return;
  }
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok) {
      location.replace("/");
      return;
    }
  } catch {
    // The sentence below is the answer to every failure.
  }
  fresh.classList.add("stale");
  fresh.dataset.state = "Lamplight does not answer: these alerts may be old";
}

setInterval(refresh, MINUTE);
