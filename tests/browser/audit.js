// Returns every shown text of a chart (but for those inside bars, which plotly itself sets against the bar) whose contrast with what lies behind it is below 4.5:1 (3:1 where it is large).
() => {
  const parse = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const linear = value => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const behind = element => {
    for (let node = element; node; node = node.parentElement) {
      const [red, green, blue, alpha = 1] = parse(getComputedStyle(node).backgroundColor);
      if (red !== undefined && alpha > 0.9) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const text of document.querySelectorAll(".js-plotly-plot svg text")) {
    const style = getComputedStyle(text);
    if (!text.textContent.trim() || text.classList.contains("bartext-inside") || !text.getClientRects().length || style.visibility === "hidden") continue;
    const [light, dark] = [luminance(parse(style.fill)), luminance(behind(text.closest(".js-plotly-plot")))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05), size = parseFloat(style.fontSize);
    if (ratio < (size >= 18.66 ? 3 : 4.5)) low.push(`${text.textContent.trim().slice(0, 40)}: ${style.fill} at ${ratio.toFixed(2)}:1`);
  }
  return low;
}
