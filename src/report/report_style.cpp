// The looks of report.html: light, dark and on paper, from a telephone to a projector. The colours of classes are those
// of Okabe & Ito, "Color universal design", 2008, which the colour-blind tell apart.
#include "report_parts.hpp"

namespace primer {

const char* const report_style = R"css(
:root {
  --page: #f6f5f1; --panel: #ffffff; --ink: #1b1d22; --soft: #5a5f6a; --line: #dcdad3; --grid: #ebe9e3;
  --train: #0072b2; --validation: #d55e00; --sigma: #0072b2; --slope: #d55e00; --counts: #9fb4c4; --weights: #7fae9c; --gradients: #c8a2bd;
  --shade: #e9dcc6; --neutral: #f1efe9; --grows: #d55e00; --shrinks: #0072b2; --good: #00795a; --bad: #c45500; --accent: #0072b2;
  --alive: #e6e8e4; --dead: #2b2b33; --revived: #e69f00; --warn: #fff4d6;
  --class-0: #0072b2; --class-1: #e69f00; --class-2: #009e73; --class-3: #d55e00; --class-4: #56b4e9; --class-5: #cc79a7;
  --class-6: #b8a600; --class-7: #4d4d4d;
  color-scheme: light;
}
:root[data-theme="dark"] {
  --page: #121418; --panel: #1b1e24; --ink: #efede7; --soft: #a9adb7; --line: #363b45; --grid: #2a2e36;
  --train: #56b4e9; --validation: #f0a030; --sigma: #56b4e9; --slope: #f0a030; --counts: #4c6478; --weights: #4a7d6b; --gradients: #86607a;
  --shade: #3a3122; --neutral: #2a2e36; --grows: #f0a030; --shrinks: #56b4e9; --good: #1fae86; --bad: #e07a2e; --accent: #56b4e9;
  --alive: #2b3038; --dead: #f2efe6; --revived: #e69f00; --warn: #3d3417;
  --class-0: #3f9bdc; --class-1: #e69f00; --class-2: #1fb58a; --class-3: #e8743a; --class-4: #8fd0f5; --class-5: #d98fb9;
  --class-6: #f0e442; --class-7: #b8b8b8;
  color-scheme: dark;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", "Liberation Sans", sans-serif; overflow-wrap: anywhere; }
header, main, footer { max-width: 1440px; margin: 0 auto; padding: 0 24px; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: baseline; padding-top: 22px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.25rem; margin: 34px 0 2px; letter-spacing: -0.01em; }
h3 { font-size: 1rem; margin: 0 0 4px; font-weight: 500; }
h3 small { float: right; color: var(--soft); font-size: 0.85rem; }
p { margin: 0 0 12px; max-width: 80ch; }
.quiet, .lead, footer { color: var(--soft); }
header p { margin: 0; flex: 1 1 300px; max-width: none; }
button { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 8px; cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#theme { padding: 4px 12px; font-size: 0.9rem; }
.final { display: flex; flex-wrap: wrap; gap: 12px; margin: 18px 0 14px; }
.final div { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 8px 16px; min-width: 120px; }
.final dt, #numbers dt { color: var(--soft); font-size: 0.85rem; }
.final dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.player { position: sticky; top: 0; z-index: 5; margin: 0 -24px; padding: 10px 24px; background: var(--page); border-bottom: 1px solid var(--line); }
.player .row { display: flex; align-items: center; gap: 14px; }
#play { flex: none; width: 48px; height: 40px; font-size: 1rem; }
#slider { flex: 1 1 auto; min-width: 60px; accent-color: var(--accent); height: 28px; }
.player output { flex: none; min-width: 7.2em; text-align: right; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
#numbers { display: flex; flex-wrap: wrap; gap: 0 22px; margin: 4px 0 0; font-size: 0.88rem; }
#numbers div { display: flex; gap: 8px; }
#numbers dd { margin: 0; font-variant-numeric: tabular-nums; font-weight: 600; min-width: 11.5em; }
.tiles { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); }
.wide { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.stack { display: grid; gap: 16px; align-content: start; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: 12px 14px; min-width: 0; }
.frame { position: relative; }
.plot svg { display: block; width: 100%; height: auto; position: relative; touch-action: pan-y; }
.plot canvas { position: absolute; image-rendering: pixelated; }
.plot canvas.smooth { image-rendering: auto; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
.facts { display: flex; flex-wrap: wrap; gap: 0 14px; margin: 6px 0 0; font-size: 0.88rem; color: var(--soft); }
.facts b { color: var(--ink); font-variant-numeric: tabular-nums; }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 0.9rem; padding-left: 46px; }
.key i { display: inline-block; width: 12px; height: 12px; border-radius: 50%; margin-right: 6px; }
#split { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: center; margin: 8px 0 14px; }
#split span { color: var(--soft); }
#split b { display: block; color: var(--ink); font-size: 1.7rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
#split i { font-style: normal; font-size: 1.5rem; color: var(--soft); }
text { fill: var(--ink); font-size: 13px; font-family: inherit; }
text.tick, text.legend, text.beyond { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
text.title { font-weight: 600; font-size: 14px; }
text.cell { font-size: 13px; fill: currentColor; }
text.cell[fill="#ffffff"] { fill: #ffffff; }
text.cell[fill="#111111"] { fill: #111111; }
text.legend { font-size: 13px; }
text.series-train { fill: var(--train); font-weight: 600; }
text.series-validation { fill: var(--validation); font-weight: 600; }
.axis { stroke: var(--soft); stroke-width: 1; }
.grid { stroke: var(--grid); stroke-width: 1; }
.curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
path.series-train { stroke: var(--train); }
path.series-validation { stroke: var(--validation); stroke-dasharray: 7 3; }
circle.series-train { fill: var(--train); }
circle.series-validation { fill: var(--validation); }
.dot { stroke: var(--panel); stroke-width: 1.5; }
.now { stroke: var(--ink); stroke-width: 1.2; opacity: 0.55; }
.fit { stroke: var(--slope); stroke-width: 3; }
.point { stroke: var(--panel); stroke-width: 1; }
.sample { opacity: 0.65; }
.bar { fill: var(--accent); }
.bar.grows { fill: var(--grows); }
.bar.shrinks { fill: var(--shrinks); }
.marker { fill: none; stroke: var(--ink); stroke-width: 1.6; }
.counts { fill: var(--counts); }
.counts.weights { fill: var(--weights); }
.counts.gradients { fill: var(--gradients); }
.saturated { fill: var(--shade); }
.sigma, .slope { fill: none; stroke-width: 2.4; vector-effect: non-scaling-stroke; }
.sigma { stroke: var(--sigma); }
.slope { stroke: var(--slope); stroke-dasharray: 7 4; }
.sample-line { display: inline-block; width: 30px; height: 0; border-top: 3px solid var(--sigma); vertical-align: middle; margin: 0 4px 0 14px; }
.sample-line.dashed { border-top: 3px dashed var(--slope); }
.sample-box { display: inline-block; width: 14px; height: 14px; vertical-align: -2px; margin: 0 4px 0 14px; background: var(--counts); }
.sample-box.shade { background: var(--shade); }
.sample-box.dead { background: var(--dead); }
.sample-box.revived { background: var(--revived); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.8rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 12px 3px 0; white-space: nowrap; border-bottom: 1px solid var(--grid); }
th { color: var(--soft); font-weight: 500; }
pre { columns: 3 280px; column-gap: 32px; margin: 0; font: 0.85rem/1.45 ui-monospace, "Liberation Mono", monospace; white-space: pre-wrap; }
.warnings { background: var(--warn); border-radius: 12px; padding: 10px 16px; margin: 12px 0; }
.warnings li { margin-left: 4px; }
#tip { position: fixed; z-index: 9; pointer-events: none; background: var(--ink); color: var(--page); padding: 6px 10px; border-radius: 8px; font-size: 0.85rem; max-width: 340px; font-variant-numeric: tabular-nums; }
#tip .head { font-weight: 600; }
[hidden] { display: none; }
.defs { position: absolute; width: 0; height: 0; overflow: hidden; }
footer { padding-top: 26px; padding-bottom: 40px; font-size: 0.88rem; }
@media (max-width: 620px) {
  header, main, footer { padding-left: 12px; padding-right: 12px; }
  .player { margin: 0 -12px; padding: 8px 12px; }
  h1 { font-size: 1.35rem; }
  #numbers { font-size: 0.8rem; gap: 0 14px; }
  #numbers dd { min-width: 0; }
  .player output { min-width: 6em; font-size: 1rem; }
  .card { padding: 10px; }
}
@media print {
  body { background: #ffffff; font-size: 12px; }
  .player { position: static; }
  #play, #slider, #theme, #tip, .keys { display: none; }
  .card, .final div { break-inside: avoid; border-color: #cccccc; }
  h2 { break-after: avoid; }
  .tiles, .wide { grid-template-columns: 1fr 1fr; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

}  // namespace primer
