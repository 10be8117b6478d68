// Draw the plots over their still pictures, in the colours the reader's system asks for. Where no
// script runs, or a plot fails, the still picture stays.
(function () {
  "use strict";
  const { specs, configs } = JSON.parse(document.getElementById("plots-data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  async function draw(panel) {
    const host = panel.querySelector(".live");
    const config = configs[dark.matches ? "dark" : "light"];
    const theme = dark.matches ? "dark" : "light";
    panel.classList.add("drawn"); // a hidden container has no width to fill
    try {
      const spec = specs[panel.dataset.plot];
      if (spec.vconcat) { // rows do not fill their container by themselves
        const room = host.clientWidth - 170;
        spec.vconcat = spec.vconcat.map((row) => ({ ...row, width: Math.max(120, room) }));
      }
      await window.vegaEmbed(host, spec, {
        config, renderer: "svg", actions: false, tooltip: { theme },
      });
      host.querySelector("svg").setAttribute("aria-hidden", "true"); // the figure says it
      panel.dataset.state = "drawn";
    } catch (error) {
      panel.classList.remove("drawn");
      console.error(error);
    }
  }

  function drawAll() {
    document.querySelectorAll("[data-plot]").forEach(draw);
  }

  if (window.vegaEmbed) {
    drawAll();
    dark.addEventListener("change", drawAll);
  }
})();
