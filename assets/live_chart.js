// A Plotly chart that is changed in place: `data` is JSON in bytes: the address of Plotly, the figure, its configuration, and what the chart and its largest size are called.
// Once drawn, a chart out of sight is changed when it comes into sight.
const BENEATH_THE_HEADER = "-70px 0px 0px 0px";
const loading = new Map();

const plotly = address => {
  if (!loading.has(address)) loading.set(address, new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => { loading.delete(address); reject(new Error(`The charts could not be loaded from ${address}.`)); };
    document.head.append(script);
  }));
  return loading.get(address);
};

const enlarge = (chart, name) => ({
  name, title: name, icon: {width: 24, height: 24, path: "M3 3h7v2H5v5H3zM14 3h7v7h-2V5h-5zM3 14h2v5h5v2H3zM19 14h2v7h-7v-2h5z"},
  click: () => document.fullscreenElement ? document.exitFullscreen() : chart.requestFullscreen(),
});

const draw = async (chart, Plotly) => {
  const {figure, config, enlarge: name} = chart.wanted;
  chart.drawn = chart.wanted;
  await Plotly.react(chart, figure.data, {...figure.layout, autosize: true}, {...config, responsive: false, modeBarButtonsToAdd: [enlarge(chart, name)]});
};

// Charts that change together are drawn one after the other, before the page is painted.
const waiting = new Map();
const drawSoon = (chart, Plotly) => {
  if (waiting.size === 0) setTimeout(() => { const all = [...waiting]; waiting.clear(); for (const [one, library] of all) if (one.isConnected) draw(one, library); });
  waiting.set(chart, Plotly);
};

const fit = (chart, Plotly) => {
  const height = document.fullscreenElement === chart ? innerHeight : chart.wanted.figure.layout.height, {width} = chart.getBoundingClientRect();
  if (width && (Math.abs(width - chart._fullLayout.width) > 1 || height !== chart._fullLayout.height)) Plotly.relayout(chart, {width: undefined, height, autosize: true});
};

const made = parent => {
  const chart = document.createElement("div");
  chart.className = "live-chart";
  chart.setAttribute("role", "figure");
  parent.append(chart);
  return chart;
};

const begun = (chart, Plotly) => {
  chart.on("plotly_click", ({points}) => points.length && chart.click?.(points[0].customdata ?? null));
  const seen = new IntersectionObserver(entries => { chart.inSight = entries.at(-1).isIntersecting; if (chart.inSight && chart.drawn !== chart.wanted) draw(chart, Plotly); }, {rootMargin: BENEATH_THE_HEADER});
  const size = new ResizeObserver(() => fit(chart, Plotly));
  seen.observe(chart);
  size.observe(chart);
  return () => { seen.disconnect(); size.disconnect(); Plotly.purge(chart); };
};

export default async ({data, parentElement, setTriggerValue}) => {
  const chart = parentElement.querySelector(":scope > .live-chart") ?? made(parentElement);
  const call = (chart.call = (chart.call ?? 0) + 1);
  const told = new TextDecoder().decode(data);
  if (chart.told !== told) Object.assign(chart, {told, wanted: JSON.parse(told)});
  const {address, figure, alt, clickable} = chart.wanted;
  chart.click = clickable ? value => setTriggerValue("clicked", value) : null;
  chart.style.height = `${figure.layout.height}px`;
  if (alt && chart.getAttribute("aria-label") !== alt) chart.setAttribute("aria-label", alt);
  const Plotly = await plotly(address);
  if (chart.call === call && chart.drawn !== chart.wanted) {
    if (chart.drawn === undefined) await draw(chart, Plotly);
    else if (chart.inSight) drawSoon(chart, Plotly);
  }
  if (chart.call === call) chart.end ??= begun(chart, Plotly);
  // Streamlit asks for the end of a call that a newer one overtook: that one carries on.
  return () => { if (chart.call === call) chart.end?.(); };
};
