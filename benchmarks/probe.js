// Watches a page from a person's hand to the last paint: when what was asked, when the answer's number changed, when nothing moved any more.
(() => {
  const desk = (window.__desk = {hand: 0});
  const moved = () => { if (desk.armed) { desk.armed = false; desk.hand = performance.now(); } };
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, moved, true);

  // Resolves once the answer changed (any change will do where `answer` is null) and nothing in the page changed for `quiet` ms; times are milliseconds since the hand moved.
  desk.watch = ({answer, area, quiet, patience}) => new Promise(resolve => {
    const text = () => (answer && document.querySelector(answer)?.textContent) ?? ""; // innerText would lay the page out at every look
    const before = text(), begun = performance.now();
    let told = null, painted = 0, last = 0;
    Object.assign(desk, {armed: true, hand: 0});
    const observer = new MutationObserver(() => {
      last = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => { painted = performance.now(); }));
      if (told === null && text() !== before) { told = 0; requestAnimationFrame(() => requestAnimationFrame(() => { told = performance.now(); })); }
    });
    observer.observe(document.querySelector(area), {subtree: true, childList: true, characterData: true, attributes: true});
    const look = () => {
      const now = performance.now(), done = (told || !answer) && painted && now - last > quiet;
      if (!done && now - begun < patience) return setTimeout(look, 20);
      observer.disconnect();
      const asked = performance.getEntriesByType("resource").filter(e => e.name.includes("_dash-update-component") && e.startTime >= desk.hand);
      const server = asked.length ? Math.max(...asked.map(e => e.responseEnd)) - Math.min(...asked.map(e => e.startTime)) : null;
      resolve({done: Boolean(done), told: told && told - desk.hand, painted: painted - desk.hand, server, answer: text()});
    };
    look();
  });
})();
